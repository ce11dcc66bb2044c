//! A call that runs on one thread: from its start to the record it leaves.
//!
//! What generated code calls is generic; what is here is not, so that it is compiled once and
//! not in every annotated function.

use std::borrow::Cow;

use super::attributes::Attributes;
use super::capture::{Capture, Params};
use super::context;
use super::current::Current;
use super::failure::Failure;
use super::frame::{Frame, set_error};
use super::local::{self, Begun, Local, Position};
use super::record::{Details, Ids, Outcome};
use super::state::State;
use super::suspended::Suspended;
use super::tool::{Origin, Tool};
use super::{clock, limits};

/// A call while it runs on this thread: one word, for all else is in its frame.
pub(crate) struct Running(Position);

/// Whether the parameters of a call would go anywhere.
#[inline]
pub(super) fn wants_params(state: State, origin: &Origin) -> bool {
    state.shows_params() && origin.captures
}

/// Further attributes of the innermost call, where its span is sent.
pub(super) fn add_attributes(capture: impl FnOnce(&mut Params<'_>)) {
    if !State::now().shows_params() {
        return;
    }
    let sampled = local::with(|local| {
        let frame = local.innermost()?;
        let mode = frame.tool().map(Tool::params_capture);
        frame.ids.sampled.then(|| mode.unwrap_or_default())
    });
    let Some(mode) = sampled.flatten() else {
        return;
    };
    // Outside of `with`: it runs code of the user's.
    let attributes = limits::with_params(mode, capture);
    local::with(|local| {
        let Some(frame) = local.innermost() else {
            return;
        };
        let count = |captured: &Attributes| captured.written().count();
        if frame.is_plain() && count(&frame.captured) + count(&attributes) <= Details::MAX {
            return frame.captured.add(&attributes);
        }
        frame.details.change(|details| {
            for (key, value) in attributes.written().iter() {
                details.set(Cow::Owned(key.to_owned()), value.into_value());
            }
        });
    });
}

/// Begins a call that ends on this thread. `None` where nobody listens: the tool is off.
#[inline]
pub(crate) fn run(
    state: State,
    origin: &'static Origin,
    capture: &mut Capture<'_>,
) -> Option<Running> {
    match wants_params(state, origin) {
        true => run_with_params(state, origin, capture),
        false => run_without(state, origin),
    }
}

/// Of its own, so that it is one piece: inlined into all that call it, what it does with the thread's
/// data would be a function apart.
#[inline(never)]
fn run_without(state: State, origin: &'static Origin) -> Option<Running> {
    if !origin.tool.is_enabled() {
        return None;
    }
    match local::with(|local| local.begin(state, origin)) {
        Some(position) => position.map(Running),
        None => Running::unplaced(state, origin),
    }
}

#[inline(never)]
fn run_with_params(
    state: State,
    origin: &'static Origin,
    capture: &mut Capture<'_>,
) -> Option<Running> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let begun = match local::with(|local| local.begin_with_params(state, origin)) {
        Some(Some(begun)) => begun,
        Some(None) => return run_apart(state, origin, capture),
        None => return Running::unplaced(state, origin),
    };
    match begun {
        Begun::Whole(position) => position.map(Running),
        Begun::ButForParams { span, mut captured } => {
            // Outside of `with`: it runs code of the user's.
            limits::add_params(&mut captured, origin.tool.params_capture(), capture);
            place(state, origin, |local| {
                local.start_with_params(state, origin, span, captured)
            })
        }
    }
}

/// The same where a call does not stand as most do.
#[cold]
#[inline(never)]
fn run_apart(state: State, origin: &'static Origin, capture: &mut Capture<'_>) -> Option<Running> {
    let mut standing = local::stand(origin.tool)?;
    if standing.ids.sampled {
        standing.captured = limits::with_params(origin.tool.params_capture(), capture);
    }
    place(state, origin, |local| {
        local.begin_at(state, origin, standing)
    })
}

/// Puts a call on its thread's stack, or beside it.
#[inline(always)]
fn place(
    state: State,
    origin: &'static Origin,
    begin: impl FnOnce(&mut Local) -> Option<Position>,
) -> Option<Running> {
    match local::with(begin) {
        Some(position) => position.map(Running),
        None => Running::unplaced(state, origin),
    }
}

impl Running {
    #[cold]
    #[inline(never)]
    fn unplaced(state: State, origin: &'static Origin) -> Option<Self> {
        let frame = Frame::unplaced(state, origin);
        local::put_apart(local::Apart::of(frame)).map(Self)
    }

    /// The call has come to its end.
    pub(crate) fn end(self, outcome: Outcome, failure: Option<Failure<'_>>) {
        match failure {
            None => self.end_plain(outcome),
            Some(failure) => self.fail(outcome, &failure),
        }
    }

    /// Without a failure to tell of.
    #[inline(never)]
    pub(super) fn end_plain(self, outcome: Outcome) {
        let end = clock::now();
        let attached = local::with(|local| local.end_plain(self.0, end, outcome));
        match attached.flatten() {
            // Outside of `with`: a user's code may be dropped with a context.
            Some(attached) => context::detach(attached),
            None => self.finish(end, outcome, |_| {}),
        }
    }

    /// With one.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(self, outcome: Outcome, failure: &Failure<'_>) {
        let end = clock::now();
        // Formats, so it must not run inside `local::with`.
        let tells = self.with_frame(|frame| frame.tells());
        let error = tells.unwrap_or_default().error_of(failure);
        self.finish(end, outcome, |details| set_error(details, error));
    }

    #[inline(never)]
    fn finish(self, end: u64, outcome: Outcome, change: impl FnOnce(&mut Option<Box<Details>>)) {
        if let Some(frame) = local::leave(self.0) {
            frame.finish(end, outcome, change);
        }
    }

    /// Takes the call off this thread, to go on as a future does.
    pub(crate) fn suspend(self) -> Option<Suspended> {
        local::leave(self.0).and_then(Suspended::of)
    }

    /// The end of a call whose value nobody sees: a panic where one began inside it.
    #[inline]
    pub(crate) fn end_unseen(self, was_panicking: bool) {
        match std::thread::panicking() && !was_panicking {
            true => self.end(Outcome::Panic, Some(Failure::panic())),
            false => self.end(Outcome::Success, None),
        }
    }

    pub(crate) fn ids(&self) -> Ids {
        self.with_frame(|frame| frame.ids).unwrap_or_default()
    }

    /// A handle to the call.
    pub(crate) fn current(&self) -> Current {
        self.with_frame(Current::of).unwrap_or_default()
    }

    /// `None` for a call that has no place.
    fn with_frame<T>(&self, use_it: impl FnOnce(&mut Frame) -> T) -> Option<T> {
        local::with(|local| local.frame(self.0).map(use_it)).flatten()
    }
}
