//! An async call between its polls, wherever those are.

use std::cell::Cell;

use super::Attributes;
use super::active::{Activity, Shown};
use super::around::Around;
use super::capture::{Capture, Params};
use super::failure::Failure;
use super::limits;
use super::live::{Began, put_params, set_error, wants_params};
use super::local::{self, Frame, Local, Position};
use super::record::{Ids, Kept, Outcome};
use super::state::State;
use super::tool::Origin;
use super::{clock, context};
use crate::sync::Arc;

/// A call that goes on as a future does: one pointer, so that the future of a tool is not
/// much larger than its body's.
pub(crate) struct Suspended(Box<Parked>);

/// All there is of a call that goes on as a future does. Calls take these from their thread's
/// [`Pool`]; while one is polled it stands on that thread's stack as it is.
pub(super) struct Parked {
    pub(super) frame: Frame,
    began: Began,
    /// What is made current at each poll.
    context: context::Kept,
    /// Its place among the async calls that run.
    shown: Arc<Shown>,
}

/// What async calls that ended on this thread have left for those that begin on it.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "they go from here into futures and back as they are"
)]
pub(super) struct Pool(Vec<Box<Parked>>);

impl Pool {
    /// 140 bytes each.
    const MAX: usize = 64;

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
    let mode = local::with(|local| Some(local.innermost()?.tool?.params_capture())).flatten();
    // Outside of `with`: it runs code of the user's.
    let attributes = limits::with_params(mode.unwrap_or_default(), capture);
    if attributes.is_empty() {
        return;
    }
    local::with(|local| {
        let Some(frame) = local.innermost() else {
            return;
        };
        frame.details.change(|details| {
            details.params = u32::try_from(attributes.len()).unwrap_or(u32::MAX);
            details.attributes = attributes;
            details.looked_at = clock::now();
        });
    });
}

/// Begins a call that ends wherever it is polled last.
pub(crate) fn suspend(
    state: State,
    origin: &'static Origin,
    params: Attributes,
) -> Option<Suspended> {
    match params.is_empty() {
        true => begin(state, origin),
        false => begin_with_params(state, origin, params),
    }
}

#[inline(never)]
fn begin(state: State, origin: &'static Origin) -> Option<Suspended> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let begun = local::with(|local| {
        let standing = local.stand(origin.tool)?;
        let began = Began::now(state, origin, standing.ids);
        Some(Parked::new(
            local,
            began,
            standing.frame(state, origin.tool),
        ))
    });
    match begun {
        Some(parked) => Some(Suspended::with_context(parked?)),
        None => Some(Suspended::new(
            Began::now(state, origin, Ids::default()),
            Frame::default(),
        )),
    }
}

fn begin_with_params(
    state: State,
    origin: &'static Origin,
    params: Attributes,
) -> Option<Suspended> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let mut standing = local::stand(origin.tool)?;
    if standing.ids.sampled {
        put_params(&mut standing, params);
    }
    let began = Began::now(state, origin, standing.ids);
    Some(Suspended::new(began, standing.frame(state, origin.tool)))
}

impl Parked {
    /// A call that has begun, in a box that another one has left, or a new one.
    #[inline]
    fn new(local: &mut Local, began: Began, frame: Frame) -> Box<Self> {
        let activity = Activity::new(began.origin.tool.id, began.start);
        let Some(mut parked) = local.pool.0.pop() else {
            return Self::new_box(local.near(), began, frame, activity);
        };
        parked.frame = frame;
        parked.began = began;
        parked.shown.show(activity);
        parked
    }

    #[cold]
    #[inline(never)]
    fn new_box(near: u64, began: Began, frame: Frame, activity: Activity) -> Box<Self> {
        let shown = Shown::new(near);
        shown.show(activity);
        Box::new(Self {
            frame,
            began,
            context: context::Kept::default(),
            shown,
        })
    }
}

impl Suspended {
    /// A call that has begun.
    pub(super) fn new(began: Began, frame: Frame) -> Self {
        let mut frame = Some(frame);
        let parked = local::with(|local| Some(Parked::new(local, began, frame.take()?)));
        let parked = parked.flatten().unwrap_or_else(|| {
            let activity = Activity::new(began.origin.tool.id, began.start);
            Parked::new_box(0, began, frame.unwrap_or_default(), activity)
        });
        Self::with_context(parked)
    }

    #[inline]
    fn with_context(mut parked: Box<Parked>) -> Self {
        let ids = parked.frame.ids;
        if parked.began.state.makes_current() && ids.is_known() {
            parked.context = context::of(ids);
        }
        Self(parked)
    }

    /// Whether its parameters would be sent.
    pub(super) fn shows_params(&self) -> bool {
        let began = &self.0.began;
        began.sampled && wants_params(began.state, began.origin)
    }

    /// The call goes on, on this thread.
    #[inline(never)]
    pub(crate) fn enter(self) -> Polled {
        let attached = context::attach(&self.0.context);
        let mut parked = Some(self.0);
        let position = local::with(|local| {
            let mut parked = parked.take()?;
            parked.frame.seen = context::seen(&attached, parked.frame.ids);
            Some(local.poll_parked(parked))
        });
        Polled {
            at: match parked {
                None => position.flatten().map_or(At::Nowhere, At::Stack),
                Some(parked) => At::Apart(Self(parked)),
            },
            attached,
        }
    }

    #[inline(never)]
    fn end(self, end: u64, outcome: Outcome, failure: Option<Failure<'_>>) {
        let mut parked = self.0;
        context::forget(std::mem::take(&mut parked.context));
        parked.shown.hide();
        let began = parked.began;
        let frame = std::mem::take(&mut parked.frame);
        let error = failure.map(|failure| began.text_of(&failure, frame.ids));
        let put_back = |local: &mut Local| {
            local.pool.put(parked);
            Some(frame)
        };
        match error {
            None => began.end_with(end, outcome, |_| {}, put_back),
            Some(error) => {
                began.end_with(end, outcome, |details| set_error(details, error), put_back);
            }
        }
    }
}

/// A poll of an async call, going on.
pub(crate) struct Polled {
    at: At,
    attached: context::Attached,
}

/// Where a call is that is polled.
enum At {
    /// On its thread's stack.
    Stack(Position),
    /// Here, where the thread's locals are gone: what it calls does not know of it.
    Apart(Suspended),
    /// It cannot be.
    Nowhere,
}

impl Polled {
    /// The call waits.
    #[inline(never)]
    pub(crate) fn leave(self) -> Option<Suspended> {
        context::detach(self.attached);
        match self.at {
            At::Stack(position) => {
                let parked = local::with(|local| local.leave_parked(position));
                parked.flatten().map(Suspended)
            }
            At::Apart(suspended) => Some(suspended),
            At::Nowhere => None,
        }
    }

    /// It was the last one.
    pub(crate) fn end(self, outcome: Outcome, failure: Option<Failure<'_>>) {
        match (failure, &self.at) {
            (None, At::Stack(position)) => {
                let position = *position;
                self.end_plain(position, outcome);
            }
            (failure, _) => {
                if let Some(suspended) = self.leave() {
                    suspended.end(clock::now(), outcome, failure);
                }
            }
        }
    }

    /// Without a failure to tell of, on a thread that has its locals.
    #[inline(never)]
    fn end_plain(self, position: Position, outcome: Outcome) {
        context::detach(self.attached);
        let end = clock::now();
        // Dropped outside of `with`: code of a user's may be told.
        let mut context = context::Kept::default();
        let left = local::with(|local| {
            let mut parked = local.leave_parked(position)?;
            let began = parked.began;
            if began.state.captures() || !parked.frame.is_plain() {
                return Some(parked);
            }
            context = std::mem::take(&mut parked.context);
            parked.shown.hide();
            let kept = local.end_parked(&parked.frame, |frame| {
                began.record_plain(frame, end, outcome)
            });
            if kept != Kept::No {
                local.keep_parent(parked.frame.ids.trace, kept);
            }
            local.pool.put(parked);
            None
        });
        context::forget(context);
        if let Some(parked) = left.flatten() {
            Suspended(parked).end(end, outcome, None);
        }
    }
}
