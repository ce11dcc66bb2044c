//! A call that runs on one thread: from its start to the record it leaves.
//!
//! What generated code calls is generic; what is here is not, so that it is compiled once and
//! not in every annotated function.

use std::borrow::Cow;

use super::Attributes;
use super::capture::{Capture, Params};
use super::context;
use super::current::Current;
use super::failure::{Failure, Told};
use super::local::{self, Frame, Local, Position, Standing};
use super::record::{Details, Ids, Kept, Outcome, Record};
use super::state::State;
use super::suspended::Suspended;
use super::tool::Origin;
use super::{captures, clock, limits};
use crate::collector;
use crate::config::LogCalls;

/// What a call's end needs to know of its beginning, wherever that comes.
#[derive(Clone, Copy)]
pub(super) struct Began {
    pub(super) origin: &'static Origin,
    /// Reading of the counter.
    pub(super) start: u64,
    pub(super) state: State,
    /// As in its frame, for when that is gone with the thread's locals.
    pub(super) sampled: bool,
}

/// A call while it runs on this thread.
pub(crate) struct Running {
    began: Began,
    /// `None` where the thread's locals are gone.
    position: Option<Position>,
    attached: context::Attached,
}

/// Whether the parameters of a call would go anywhere.
#[inline]
pub(super) fn wants_params(state: State, origin: &Origin) -> bool {
    state.shows_params() && origin.captures
}

/// The parameters of a call that begins and whose span is sent.
pub(super) fn put_params(standing: &mut Standing, attributes: Attributes) {
    if !attributes.is_empty() {
        let details = standing.details.get_or_insert_default();
        details.params = u32::try_from(attributes.len()).unwrap_or(u32::MAX);
        details.attributes = attributes;
    }
}

/// Further attributes of the innermost call, where its span is sent.
pub(super) fn add_attributes(capture: impl FnOnce(&mut Params<'_>)) {
    if !State::now().shows_params() {
        return;
    }
    let sampled = local::with(|local| {
        let frame = local.innermost()?;
        let mode = frame.tool.map(|tool| tool.params_capture());
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
        frame.details.change(|details| {
            for (key, value) in attributes {
                details.set(key, value);
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
    if state.makes_current() {
        let standing = local::stand(origin.tool)?;
        return Some(run_in_context(state, origin, standing));
    }
    let mut is_suppressed = false;
    let entered = local::with(|local| match local.stand(origin.tool) {
        Some(standing) => Some(enter(local, state, origin, standing)),
        None => {
            is_suppressed = true;
            None
        }
    });
    match entered.flatten() {
        Some((position, began)) => Some(Running {
            began,
            position: Some(position),
            attached: context::Attached::default(),
        }),
        None if is_suppressed => None,
        None => Some(Running::unplaced(state, origin)),
    }
}

fn run_with_params(
    state: State,
    origin: &'static Origin,
    capture: &mut Capture<'_>,
) -> Option<Running> {
    if !origin.tool.is_enabled() {
        return None;
    }
    let mut standing = local::stand(origin.tool)?;
    if standing.ids.sampled {
        // Outside of `with`: it runs code of the user's.
        let mode = origin.tool.params_capture();
        let attributes = limits::with_params(mode, capture);
        put_params(&mut standing, attributes);
    }
    if state.makes_current() {
        return Some(run_in_context(state, origin, standing));
    }
    let entered = local::with(|local| enter(local, state, origin, standing));
    Some(match entered {
        Some((position, began)) => Running {
            began,
            position: Some(position),
            attached: context::Attached::default(),
        },
        None => Running::unplaced(state, origin),
    })
}

/// Puts a call on its thread's stack and starts it.
#[inline(always)]
fn enter(
    local: &mut Local,
    state: State,
    origin: &'static Origin,
    standing: Standing,
) -> (Position, Began) {
    let sampled = standing.ids.sampled;
    let position = local.enter(standing.frame(state, origin.tool));
    let began = Began {
        origin,
        start: local.start(position, origin.tool),
        state,
        sampled,
    };
    (position, began)
}

/// The same for a call that is made current for OpenTelemetry. That comes before its start.
#[inline(never)]
fn run_in_context(state: State, origin: &'static Origin, standing: Standing) -> Running {
    let ids = standing.ids;
    let position = local::with(|local| local.enter(standing.frame(state, origin.tool)));
    let Some(position) = position else {
        return Running::unplaced(state, origin);
    };
    let attached = context::attach(&context::of(ids));
    let start = local::with(|local| local.start(position, origin.tool));
    Running {
        began: Began {
            origin,
            start: start.unwrap_or_else(clock::now),
            state,
            sampled: ids.sampled,
        },
        position: Some(position),
        attached,
    }
}

impl Running {
    /// A call on a thread whose locals are gone.
    #[cold]
    fn unplaced(state: State, origin: &'static Origin) -> Self {
        Self {
            began: Began {
                origin,
                start: clock::now(),
                state,
                sampled: false,
            },
            position: None,
            attached: context::Attached::default(),
        }
    }

    /// The call has come to its end.
    pub(crate) fn end(mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        self.end_here(outcome, failure);
    }

    /// The same without being moved. It is no call any more then.
    #[inline]
    pub(super) fn end_here(&mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        let end = clock::now();
        match failure {
            None => self.end_plain(end, outcome),
            Some(failure) => self.fail(end, outcome, &failure),
        }
    }

    /// Without a failure to tell of.
    #[inline]
    fn end_plain(&mut self, end: u64, outcome: Outcome) {
        context::detach(std::mem::take(&mut self.attached));
        let Self {
            began, position, ..
        } = self;
        let is_left = local::with(|local| {
            let Some(position) = position.filter(|_| !began.state.captures()) else {
                return false;
            };
            let mut kept = Kept::No;
            let mut trace = [0; 2];
            let is_left = local.end_plain(position, |frame| {
                let record = began.record_plain(frame, end, outcome);
                (kept, trace) = (record.kept, record.ids.trace);
                record
            });
            if kept != Kept::No {
                local.keep_parent(trace, kept);
            }
            is_left
        });
        if is_left != Some(true) {
            let position = *position;
            began.end_with(end, outcome, |_| {}, |local| local.leave(position?));
        }
    }

    #[inline(never)]
    fn fail(&mut self, end: u64, outcome: Outcome, failure: &Failure<'_>) {
        let error = self.began.text_of(failure, self.ids());
        context::detach(std::mem::take(&mut self.attached));
        let position = self.position;
        self.began.end_with(
            end,
            outcome,
            |details| set_error(details, error),
            |local| local.leave(position?),
        );
    }

    /// Takes the call off this thread, to go on as a future does.
    pub(crate) fn suspend(self) -> Suspended {
        let Self {
            began,
            position,
            attached,
        } = self;
        context::detach(attached);
        let frame = local::with(|local| local.leave(position?)).flatten();
        Suspended::new(began, frame.unwrap_or_default())
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
        local::with(|local| Some(local.frame(self.position?)?.ids))
            .flatten()
            .unwrap_or_default()
    }

    /// A handle to the call.
    pub(crate) fn current(&self) -> Current {
        local::with(|local| local.frame(self.position?).map(Current::of))
            .flatten()
            .unwrap_or_default()
    }
}

/// `error.type`, and what is told of the error.
pub(super) type Error = (Cow<'static, str>, Told);

pub(super) fn set_error(details: &mut Option<Box<Details>>, (error_type, told): Error) {
    let details = details.get_or_insert_default();
    details.error_type = Some(error_type);
    details.error_message = told.message.or(details.error_message.take());
    details.error_source = told.sources;
}

impl Began {
    #[inline(always)]
    pub(super) fn now(state: State, origin: &'static Origin, ids: Ids) -> Self {
        Self {
            origin,
            start: clock::now(),
            state,
            sampled: ids.sampled,
        }
    }

    /// The message where the span may be sent or logged, and what is below the error where it is
    /// sent. Formats, so it must not run inside [`local::with`].
    #[cold]
    pub(super) fn text_of(&self, failure: &Failure<'_>, ids: Ids) -> Error {
        let sent = self.state.sends_spans() && (ids.sampled || self.state.keeps_errors());
        let logged = self.state.logs_calls() && self.origin.tool.log_calls() != LogCalls::None;
        let told = failure.message.told(sent || logged, sent);
        (failure.error_type.clone(), told)
    }

    /// Leaves the record, in the thread's ring where the thread still has one. `frame` takes
    /// the call's from where it is; `change` has the last word on its details.
    #[inline(never)]
    pub(super) fn end_with(
        self,
        end: u64,
        outcome: Outcome,
        change: impl FnOnce(&mut Option<Box<Details>>),
        frame: impl FnOnce(&mut Local) -> Option<Frame>,
    ) {
        let mut change = Some(change);
        let is_left = local::with(|local| {
            let (Some(frame), Some(change)) = (frame(local), change.take()) else {
                return false;
            };
            let record = self.record(frame, end, outcome, change);
            if record.kept != Kept::No {
                local.keep_parent(record.ids.trace, record.kept);
            }
            if self.state.captures() {
                captures::ended(&record);
                if self.state.only_captures() {
                    return true;
                }
            }
            local.ring.push(record);
            true
        });
        if is_left != Some(true)
            && let Some(change) = change
        {
            self.end_unplaced(end, outcome, change);
        }
    }

    #[cold]
    fn end_unplaced(
        self,
        end: u64,
        outcome: Outcome,
        change: impl FnOnce(&mut Option<Box<Details>>),
    ) {
        let mut frame = Frame::default();
        frame.ids.sampled = self.sampled;
        collector::add_orphan(&self.record(frame, end, outcome, change));
    }

    /// What is left of a call that has no details.
    #[inline(always)]
    pub(super) fn record_plain(&self, frame: &Frame, end: u64, outcome: Outcome) -> Record {
        let kept = match frame.ids.sampled {
            true => Kept::No,
            false => self.keeps(outcome, end).max(frame.kept),
        };
        Record {
            origin: self.origin,
            start: self.start,
            end,
            ids: frame.ids,
            parent: frame.parent,
            outcome,
            kept,
            details: None,
        }
    }

    fn record(
        mut self,
        mut frame: Frame,
        end: u64,
        mut outcome: Outcome,
        change: impl FnOnce(&mut Option<Box<Details>>),
    ) -> Record {
        let mut details = std::mem::take(&mut frame.details).take();
        change(&mut details);
        let mut kept_elsewhere = Kept::No;
        if let Some(details) = &details {
            kept_elsewhere = details.kept;
            // 0: they were looked at before its start, or not at all.
            if details.looked_at != 0 {
                self.start = details.looked_at;
            }
            if outcome == Outcome::Success && details.error_type.is_some() {
                outcome = Outcome::Error;
            }
        }
        let mut record = self.record_plain(&frame, end, outcome);
        if !record.ids.sampled {
            record.kept = record.kept.max(kept_elsewhere);
        }
        record.details = details;
        record
    }

    /// Whether a call that was not sampled is sent all the same.
    #[inline]
    fn keeps(&self, outcome: Outcome, end: u64) -> Kept {
        if self.state.keeps_errors() && outcome.is_error() {
            Kept::Error
        } else if self.state.keeps_slow() && self.origin.tool.is_slow(self.start, end) {
            Kept::Slow
        } else if self.state.keeps_drifting() && self.origin.tool.takes_example() {
            Kept::Drifting
        } else {
            Kept::No
        }
    }
}
