//! An async call between its polls, wherever those are.

use std::cell::Cell;

use super::Attributes;
use super::active::{Activity, Shown};
use super::around::Around;
use super::capture::{Capture, Params};
use super::failure::Failure;
use super::limits;
use super::live::{Began, put_params, set_error, wants_params};
use super::local::{self, Frame, Position};
use super::record::Outcome;
use super::state::State;
use super::tool::Origin;
use super::{clock, context};
use crate::sync::Arc;

/// A call that goes on as a future does: one pointer, so that the future of a tool is not
/// much larger than its body's.
pub(crate) struct Suspended(Box<Parked>);

/// All there is of a call that waits. Calls take these from their thread's [`Pool`].
struct Parked {
    /// `None` while the call is polled: then it stands on that thread's stack.
    frame: Option<Frame>,
    began: Option<Began>,
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
    /// 100 bytes each.
    const MAX: usize = 64;
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
    if !origin.tool.is_enabled() {
        return None;
    }
    let mut standing = local::stand(origin.tool)?;
    if standing.ids.sampled {
        put_params(&mut standing, params);
    }
    let began = Began {
        origin,
        start: clock::now(),
        state,
        sampled: standing.ids.sampled,
    };
    Some(Suspended::new(began, standing.frame(state, origin.tool)))
}

impl Suspended {
    /// A call that has begun.
    pub(super) fn new(began: Began, frame: Frame) -> Self {
        let context = match began.state.makes_current() && frame.ids.is_known() {
            true => context::of(frame.ids),
            false => context::Kept::default(),
        };
        let activity = Activity::new(began.origin.tool.id, began.start);
        let pooled = local::with(|local| local.pool.0.pop().ok_or_else(|| local.near()));
        let mut parked = match pooled {
            Some(Ok(pooled)) => pooled,
            Some(Err(near)) => Parked::new(near),
            None => Parked::new(0),
        };
        parked.frame = Some(frame);
        parked.began = Some(began);
        parked.context = context;
        parked.shown.show(activity);
        Self(parked)
    }

    /// Whether its parameters would be sent.
    pub(super) fn shows_params(&self) -> bool {
        let began = self.0.began.as_ref();
        began.is_some_and(|began| began.sampled && wants_params(began.state, began.origin))
    }

    /// The call goes on, on this thread. Where the thread's locals are gone, it does so
    /// without being known to what it calls.
    pub(crate) fn enter(&mut self) -> Polled {
        let parked = &mut *self.0;
        let attached = context::attach(&parked.context);
        let mut position = None;
        local::with(|local| {
            if let Some(frame) = parked.frame.take() {
                let seen = context::active_span();
                position = Some(local.poll(Frame { seen, ..frame }));
            }
        });
        Polled { position, attached }
    }

    /// The call waits.
    pub(crate) fn leave(&mut self, polled: Polled) {
        let Polled { position, attached } = polled;
        context::detach(attached);
        if let Some(position) = position {
            let frame = &mut self.0.frame;
            local::with(|local| local.leave_into(position, frame));
        }
    }

    pub(crate) fn end(mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        let end = clock::now();
        context::forget(std::mem::take(&mut self.0.context));
        self.0.shown.hide();
        let frame = self.0.frame.take();
        let Some(began) = self.0.began.take() else {
            return;
        };
        match failure {
            None => began.end_with(end, outcome, |_| {}, |local| self.put_back(local, frame)),
            Some(failure) => {
                let ids = frame.as_ref().map(|frame| frame.ids).unwrap_or_default();
                let error = began.text_of(&failure, ids);
                began.end_with(
                    end,
                    outcome,
                    |details| set_error(details, error),
                    |local| self.put_back(local, frame),
                );
            }
        }
    }

    /// Leaves the box to a later call.
    #[inline]
    fn put_back(self, local: &mut local::Local, frame: Option<Frame>) -> Option<Frame> {
        let pool = &mut local.pool.0;
        if pool.len() < Pool::MAX {
            pool.push(self.0);
        }
        frame
    }
}

impl Parked {
    #[cold]
    fn new(near: u64) -> Box<Self> {
        Box::new(Self {
            frame: None,
            began: None,
            context: context::Kept::default(),
            shown: Shown::new(near),
        })
    }
}

/// A poll of an async call, going on.
pub(crate) struct Polled {
    position: Option<Position>,
    attached: context::Attached,
}
