//! A call that runs: from its start to the record it leaves.

use std::borrow::Cow;

use super::around::Around;
use super::capture::{Params, text};
use super::context;
use super::current::Current;
use super::failure::Failure;
use super::local::{self, DetailsOf, Frame, Local, Standing};
use super::record::{Details, Ids, Kept, Outcome, Record};
use super::state::State;
use super::tool::Origin;
use super::{captures, clock, limits};
use crate::collector;
use crate::config::LogCalls;
use crate::value::Value;

/// A call between its start and its end, wherever it is polled.
pub(crate) struct Live {
    origin: &'static Origin,
    start: u64,
    parent: u64,
    state: State,
    /// As in its frame, for when that is gone with the thread's locals.
    sampled: bool,
}

/// A call while it runs on this thread.
pub(crate) struct Running {
    live: Live,
    /// Its frame and its slot among the active; `None` where the thread's locals are gone.
    place: Option<(usize, u32)>,
    attached: context::Attached,
}

/// An async call between two polls.
pub(crate) struct Suspended {
    live: Live,
    frame: Frame,
    context: context::Kept,
}

/// Whether the parameters of a call would go anywhere.
#[inline]
fn wants_params(state: State, origin: &Origin) -> bool {
    state.shows_params() && origin.place.captures()
}

/// The parameters, in details of their own where there are any.
#[inline]
fn captured(origin: &Origin, capture: impl FnOnce(&mut Params<'_>)) -> DetailsOf {
    let attributes = limits::with_params(origin.tool.params_capture(), capture);
    if attributes.is_empty() {
        return DetailsOf::Nobody;
    }
    let params = u32::try_from(attributes.len()).unwrap_or(u32::MAX);
    DetailsOf::Own(Box::new(Details {
        attributes,
        params,
        ..Details::default()
    }))
}

/// Further attributes of the innermost call, where its span is sent.
pub(super) fn add_attributes(capture: impl FnOnce(&mut Params<'_>)) {
    if !State::now().shows_params() {
        return;
    }
    let sampled = local::with(|local| {
        let frame = local.innermost()?;
        frame.ids.sampled.then_some(frame.capture)
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
        frame.details.change(|details| {
            for (key, value) in attributes {
                details.set(key, value);
            }
        });
    });
}

/// The parameters of a call that begins later, where its span may be sent.
#[inline]
pub(crate) fn params_ahead(
    state: State,
    origin: &Origin,
    around: Option<&Around>,
    capture: impl FnOnce(&mut Params<'_>),
) -> Vec<(Cow<'static, str>, Value)> {
    if !origin.tool.is_enabled() || !wants_params(state, origin) {
        return Vec::new();
    }
    let may_sample = match around.and_then(|around| around.parent.as_ref()) {
        Some(parent) => parent.sampled,
        None => local::may_sample(origin.tool),
    };
    if may_sample {
        limits::with_params(origin.tool.params_capture(), capture)
    } else {
        Vec::new()
    }
}

/// The frame of a call that stands where it stands.
#[inline]
fn frame(
    standing: &mut Standing,
    makes_current: bool,
    mut details: DetailsOf,
    origin: &Origin,
) -> Frame {
    if let Some(trace_state) = standing.trace_state.take() {
        let mut own = details.take().unwrap_or_default();
        own.trace_state = Some(trace_state);
        details = DetailsOf::Own(own);
    }
    if !standing.links.is_empty() {
        let links = std::mem::take(&mut standing.links);
        details.change(|details| details.links = links);
    }
    let ids = standing.ids;
    let seen = if makes_current {
        ids.span
    } else {
        standing.seen
    };
    Frame {
        ids,
        tool: origin.tool.as_caller(),
        seen,
        kept: Kept::No,
        ended: false,
        capture: origin.tool.params_capture(),
        details,
    }
}

/// Begins a call that ends on this thread. `None` where nobody listens: the tool is off.
#[inline]
pub(crate) fn run(
    state: State,
    origin: &'static Origin,
    capture: impl FnOnce(&mut Params<'_>),
) -> Option<Running> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let wants_params = wants_params(state, origin);
    let entered = local::with(|local| {
        let standing = local.stand(origin.tool)?;
        Some(match wants_params && standing.ids.sampled {
            true => Err(standing),
            false => Ok(enter(local, state, origin, standing, DetailsOf::Nobody)),
        })
    });
    let entered = match entered {
        // Suppressed.
        Some(None) => return None,
        Some(Some(Ok(entered))) => Some(entered),
        // Captured outside of `with`: it runs code of the user's.
        Some(Some(Err(standing))) => {
            let details = captured(origin, capture);
            local::with(|local| enter(local, state, origin, standing, details))
        }
        None => None,
    };
    let (ids, parent, place) = match entered {
        Some((ids, parent, place)) => (ids, parent, Some(place)),
        None => (Ids::default(), 0, None),
    };
    let attached = match state.makes_current() && place.is_some() {
        true => context::attach(&context::of(ids)),
        false => context::Attached::default(),
    };
    let start = clock::now();
    let live = Live {
        origin,
        start,
        parent,
        state,
        sampled: ids.sampled,
    };
    Some(Running {
        live,
        place,
        attached,
    })
}

/// Puts a call on its thread's stack, and shows it as active.
#[inline]
fn enter(
    local: &mut Local,
    state: State,
    origin: &Origin,
    mut standing: Standing,
    details: DetailsOf,
) -> (Ids, u64, (usize, u32)) {
    let frame = frame(&mut standing, state.makes_current(), details, origin);
    let place = (local.enter(frame), local.ring.began(origin.tool.id));
    (standing.ids, standing.parent, place)
}

/// What an async call makes current at each of its polls.
#[inline]
fn context_of(state: State, ids: Ids) -> context::Kept {
    match state.makes_current() && ids.is_known() {
        true => context::of(ids),
        false => context::Kept::default(),
    }
}

/// Begins a call that ends wherever it is polled last.
#[inline]
pub(crate) fn suspend(
    state: State,
    origin: &'static Origin,
    capture: impl FnOnce(&mut Params<'_>),
) -> Option<Suspended> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let mut standing = local::stand(origin.tool)?;
    let details = match wants_params(state, origin) && standing.ids.sampled {
        true => captured(origin, capture),
        false => DetailsOf::Nobody,
    };
    let frame = frame(&mut standing, state.makes_current(), details, origin);
    let context = context_of(state, frame.ids);
    origin.tool.async_began();
    let live = Live {
        origin,
        start: clock::now(),
        parent: standing.parent,
        state,
        sampled: standing.ids.sampled,
    };
    Some(Suspended {
        live,
        frame,
        context,
    })
}

impl Running {
    /// The call has come to its end.
    #[inline]
    pub(crate) fn end(self, outcome: Outcome, failure: Option<Failure<'_>>) {
        let end = clock::now();
        let Self {
            live,
            place,
            attached,
        } = self;
        context::detach(attached);
        let error = failure.map(|failure| live.text_of(&failure, ids_at(place)));
        live.end(end, outcome, error, |local| {
            let (position, slot) = place?;
            local.ring.ended(slot);
            local.leave(position)
        });
    }

    /// Takes the call off this thread, to go on as a future does.
    pub(crate) fn suspend(self) -> Suspended {
        let Self {
            live,
            place,
            attached,
        } = self;
        context::detach(attached);
        let frame = local::with(|local| {
            let (position, slot) = place?;
            local.ring.ended(slot);
            local.leave(position)
        });
        let frame = frame.flatten().unwrap_or_default();
        let context = context_of(live.state, frame.ids);
        live.origin.tool.async_began();
        Suspended {
            live,
            frame,
            context,
        }
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
        ids_at(self.place)
    }

    /// A handle to the call.
    pub(crate) fn current(&self) -> Current {
        let current = self
            .place
            .and_then(|(position, _)| local::with(|local| local.frame(position).map(Current::of)));
        current.flatten().unwrap_or_default()
    }
}

fn ids_at(place: Option<(usize, u32)>) -> Ids {
    place
        .and_then(|(position, _)| local::with(|local| local.ids_at(position)))
        .unwrap_or_default()
}

impl Suspended {
    /// The call goes on, on this thread. Where the thread's locals are gone, it does so
    /// without being known to what it calls.
    #[inline]
    pub(crate) fn enter(&mut self) -> Polled {
        if !local::are_alive() {
            return Polled {
                position: None,
                attached: context::Attached::default(),
            };
        }
        let attached = context::attach(&self.context);
        let seen = context::active_span();
        let frame = &mut self.frame;
        let position = local::with(|local| {
            let mut frame = std::mem::take(frame);
            frame.seen = seen;
            local.enter(frame)
        });
        Polled { position, attached }
    }

    /// The call waits.
    #[inline]
    pub(crate) fn leave(&mut self, polled: Polled) {
        let Polled { position, attached } = polled;
        context::detach(attached);
        if let Some(position) = position
            && let Some(frame) = local::with(|local| local.leave(position)).flatten()
        {
            self.frame = frame;
        }
    }

    #[inline]
    pub(crate) fn end(self, outcome: Outcome, failure: Option<Failure<'_>>) {
        let end = clock::now();
        let Self {
            live,
            frame,
            context,
        } = self;
        context::forget(context);
        live.origin.tool.async_ended();
        let error = failure.map(|failure| live.text_of(&failure, frame.ids));
        live.end(end, outcome, error, |_| Some(frame));
    }
}

/// A poll of an async call, going on.
pub(crate) struct Polled {
    position: Option<usize>,
    attached: context::Attached,
}

type Error = (Cow<'static, str>, Option<String>);

impl Live {
    /// `error.type`, and the message where the span may be sent or logged. Formats, so it must
    /// not run inside [`local::with`].
    fn text_of(&self, failure: &Failure<'_>, ids: Ids) -> Error {
        let sent = self.state.sends_spans() && (ids.sampled || self.state.keeps_errors());
        let logged = self.state.logs_calls() && self.origin.tool.log_calls() != LogCalls::None;
        let wanted = sent || logged;
        (
            failure.error_type.clone(),
            wanted
                .then(|| text(&failure.message, limits::max_length()))
                .flatten(),
        )
    }

    /// Leaves the record, in the thread's ring where the thread still has one.
    #[inline]
    fn end(
        self,
        end: u64,
        outcome: Outcome,
        error: Option<Error>,
        frame: impl FnOnce(&mut Local) -> Option<Frame>,
    ) {
        let mut rest = Some((self, error, frame));
        local::with(|local| {
            let Some((live, error, frame)) = rest.take() else {
                return;
            };
            let frame = frame(local).unwrap_or_default();
            let (ids, live_state) = (frame.ids, live.state);
            let record = live.record(frame, end, outcome, error);
            if record.kept != Kept::No {
                local.keep_parent(ids, record.kept);
            }
            if live_state.captures() {
                captures::ended(&record);
                if live_state.only_captures() {
                    return;
                }
            }
            local.ring.push(record);
        });
        if let Some((live, error, _)) = rest {
            let mut frame = Frame::default();
            frame.ids.sampled = live.sampled;
            collector::add_orphan(&live.record(frame, end, outcome, error));
        }
    }

    #[inline]
    fn record(self, frame: Frame, end: u64, mut outcome: Outcome, error: Option<Error>) -> Record {
        let mut details = frame.details.take();
        let kept_elsewhere = details.as_ref().map_or(Kept::No, |details| details.kept);
        if let Some((error_type, message)) = error {
            let details = details.get_or_insert_default();
            details.error_type = Some(error_type);
            details.error_message = message.or(details.error_message.take());
        } else if outcome == Outcome::Success
            && details
                .as_ref()
                .is_some_and(|details| details.error_type.is_some())
        {
            outcome = Outcome::Error;
        }
        let kept = match frame.ids.sampled {
            true => Kept::No,
            false => self.keeps(outcome, end).max(frame.kept).max(kept_elsewhere),
        };
        Record {
            origin: self.origin,
            start: self.start,
            end,
            ids: frame.ids,
            parent: self.parent,
            outcome,
            kept,
            details,
        }
    }

    /// Whether a call that was not sampled is sent all the same.
    #[inline]
    fn keeps(&self, outcome: Outcome, end: u64) -> Kept {
        if self.state.keeps_errors() && outcome.is_error() {
            Kept::Error
        } else if self.state.keeps_slow()
            && clock::nanos(self.start, end) > self.origin.tool.slow_over()
        {
            Kept::Slow
        } else {
            Kept::No
        }
    }
}
