//! An async call between its polls, wherever those are.

use std::cell::Cell;
use std::mem;

use super::active::{Activity, Shown};
use super::around::Around;
use super::attributes::Attributes;
use super::capture::{Capture, Params};
use super::failure::Failure;
use super::frame::{Frame, set_error};
use super::limits;
use super::live::wants_params;
use super::local::{self, Position};
use super::record::Outcome;
use super::state::State;
use super::tool::{Origin, Tool};
use super::{clock, context};
use crate::sync::Arc;

/// A call that goes on as a future does: one pointer, so that the future of a tool is not
/// much larger than its body's.
pub(crate) struct Suspended(Box<Parked>);

/// All there is of a call that goes on as a future does. Calls take these from their thread's
/// [`Pool`]; while one is polled it stands on that thread's stack as it is.
pub(super) struct Parked {
    pub(super) frame: Frame,
    /// What is made current at each poll.
    context: context::Kept,
    /// Its place among the async calls that run.
    shown: Arc<Shown>,
}

impl Parked {
    /// Without a call. `near`: something that differs between threads.
    #[cold]
    #[inline(never)]
    pub(super) fn new(near: u64) -> Box<Self> {
        Box::new(Self {
            frame: Frame::default(),
            context: context::Kept::default(),
            shown: Shown::new(near),
        })
    }

    /// Its call starts, or goes on in it.
    #[inline(always)]
    pub(super) fn start(&mut self, tool: &Tool, start: u64) {
        self.frame.start = start;
        self.shown.show(Activity::new(tool.id, start));
    }

    /// Makes its call current on this thread, for the first time.
    #[inline(never)]
    pub(super) fn make_current(&mut self) -> context::Attached {
        self.context = context::of(self.frame.ids);
        self.frame.seen = self.frame.ids.span;
        context::attach(&self.context)
    }

    /// Its call goes on, on this thread.
    #[inline(always)]
    pub(super) fn attach(&mut self) -> context::Attached {
        let attached = context::attach(&self.context);
        self.frame.seen = context::seen(&attached, self.frame.ids);
        attached
    }
}

/// What async calls that ended on this thread have left for those that begin on it.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "they go from here into futures and back as they are"
)]
pub(super) struct Pool(Vec<Box<Parked>>);

impl Pool {
    /// 144 bytes each.
    const MAX: usize = 64;

    #[inline(always)]
    pub(super) fn take(&mut self) -> Option<Box<Parked>> {
        self.0.pop()
    }

    /// Leaves the box to a later call.
    #[inline]
    fn put(&mut self, parked: Box<Parked>) {
        if self.0.len() < Self::MAX {
            self.0.push(parked);
        }
    }
}

/// The parameters of a call that begins later, where its span may be sent.
pub(crate) fn params_ahead(
    state: State,
    origin: &Origin,
    around: Option<&Around>,
    capture: &mut Capture<'_>,
) -> Attributes {
    if !origin.tool.is_enabled() || !wants_params(state, origin) {
        return Attributes::new();
    }
    let may_sample = match around.and_then(|around| around.parent.as_ref()) {
        Some(parent) => parent.sampled,
        None => local::may_sample(origin.tool),
    };
    if may_sample {
        limits::with_params(origin.tool.params_capture(), capture)
    } else {
        Attributes::new()
    }
}

thread_local! {
    /// Whether the body that is about to be polled for the first time shows its parameters to a
    /// call whose span is sent. It does that before anything else.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn expect_params(expected: bool) {
    let _ = EXPECTED.try_with(|place| place.set(expected));
}

/// The parameters of an `async fn`, first of all in its body: where its call has just begun they
/// are looked at.
pub fn params(capture: &mut dyn FnMut(&mut Params<'_>)) {
    let expected = EXPECTED.try_with(|place| place.replace(false));
    if expected != Ok(true) {
        return;
    }
    let before = local::with(|local| {
        let frame = local.innermost()?;
        Some((
            frame.tool()?.params_capture(),
            mem::take(&mut frame.captured),
        ))
    });
    let Some((mode, mut captured)) = before.flatten() else {
        return;
    };
    // Outside of `with`: it runs code of the user's.
    limits::add_params(&mut captured, mode, capture);
    local::with(|local| {
        if let Some(frame) = local.innermost() {
            // Its duration is from here on.
            frame.start = clock::now();
            frame.captured = captured;
        }
    });
}

/// Begins a call that ends wherever it is polled last, with its first poll.
pub(crate) fn begin(state: State, origin: &'static Origin, params: Attributes) -> Option<Polled> {
    match params.is_empty() {
        true => begin_without(state, origin),
        false => begin_with_params(state, origin, params),
    }
}

#[inline(never)]
fn begin_without(state: State, origin: &'static Origin) -> Option<Polled> {
    if !origin.tool.is_enabled() {
        return None;
    }
    match local::with(|local| local.begin_parked(state, origin)) {
        Some(position) => position.map(Polled),
        None => Polled::unplaced(state, origin),
    }
}

#[inline(never)]
fn begin_with_params(state: State, origin: &'static Origin, params: Attributes) -> Option<Polled> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let mut standing = local::stand(origin.tool)?;
    if standing.ids.sampled {
        standing.captured = params;
    }
    match local::with(|local| local.begin_parked_at(state, origin, standing)) {
        Some(position) => position.map(Polled),
        None => Polled::unplaced(state, origin),
    }
}

impl Suspended {
    /// A call that has begun.
    pub(super) fn of(frame: Frame) -> Option<Self> {
        let origin = frame.origin?;
        let parked = local::with(|local| local.parked());
        let mut parked = parked.unwrap_or_else(|| Parked::new(0));
        parked.frame = frame;
        let Frame {
            start, state, ids, ..
        } = parked.frame;
        parked.start(origin.tool, start);
        if state.makes_current() && ids.is_known() {
            parked.context = context::of(ids);
        }
        Some(Self(parked))
    }

    /// The call goes on, on this thread.
    #[inline(never)]
    pub(crate) fn enter(self) -> Option<Polled> {
        let mut parked = Some(self.0);
        let position = local::with(|local| local.poll_again(parked.take()?));
        match parked {
            None => position.flatten().map(Polled),
            Some(parked) => Polled::apart(parked),
        }
    }

    #[inline(never)]
    fn end(self, end: u64, outcome: Outcome, failure: Option<Failure<'_>>) {
        let mut parked = self.0;
        context::forget(mem::take(&mut parked.context));
        parked.shown.hide();
        let frame = mem::take(&mut parked.frame);
        let mut parked = Some(parked);
        local::with(|local| parked.take().map(|parked| local.pool.put(parked)));
        match failure {
            None => frame.finish(end, outcome, |_| {}),
            Some(failure) => {
                let error = frame.tells().error_of(&failure);
                frame.finish(end, outcome, |details| set_error(details, error));
            }
        }
    }
}

/// A poll of an async call, going on. Where the thread's locals are gone what it calls does not know of
/// it.
pub(crate) struct Polled(Position);

impl Polled {
    #[cold]
    #[inline(never)]
    fn unplaced(state: State, origin: &'static Origin) -> Option<Self> {
        let mut parked = Parked::new(0);
        parked.frame = Frame::unplaced(state, origin);
        let start = parked.frame.start;
        parked.start(origin.tool, start);
        Self::apart(parked)
    }

    #[cold]
    fn apart(parked: Box<Parked>) -> Option<Self> {
        local::put_apart(local::Apart::of_parked(parked)).map(Self)
    }

    /// Whether its parameters would be sent.
    #[cold]
    pub(super) fn is_sampled(&self) -> bool {
        local::with(|local| Some(local.frame(self.0)?.ids.sampled)).flatten() == Some(true)
    }

    /// The call waits.
    #[inline(never)]
    pub(crate) fn leave(self) -> Option<Suspended> {
        let left = local::with(|local| local.take_parked(self.0));
        match left.flatten() {
            Some((parked, attached)) => {
                context::detach(attached);
                Some(Suspended(parked))
            }
            None => local::leave_parked(self.0).map(Suspended),
        }
    }

    /// It was the last one, and there is no failure to tell of.
    #[inline(never)]
    pub(crate) fn end_plain(self, outcome: Outcome) {
        let end = clock::now();
        // Both are dropped outside of `with`: code of a user's may be told.
        let mut attached = context::Attached::default();
        let mut context = context::Kept::default();
        let left = local::with(|local| {
            let (mut parked, left) = local.take_parked(self.0)?;
            attached = left;
            if !local.end_parked(&mut parked.frame, end, outcome) {
                return Some(Some(parked));
            }
            context = mem::take(&mut parked.context);
            parked.shown.hide();
            local.pool.put(parked);
            Some(None)
        });
        context::detach(attached);
        context::forget(context);
        let left = match left.flatten() {
            Some(left) => left,
            None => local::leave_parked(self.0),
        };
        if let Some(parked) = left {
            Suspended(parked).end(end, outcome, None);
        }
    }

    /// It was the last one.
    pub(crate) fn end(self, outcome: Outcome, failure: Option<Failure<'_>>) {
        match failure {
            None => self.end_plain(outcome),
            failure => {
                if let Some(suspended) = self.leave() {
                    suspended.end(clock::now(), outcome, failure);
                }
            }
        }
    }
}
