//! What is known of a call that runs, and what becomes of it at its end.

use std::borrow::Cow;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use super::attributes::Attributes;
use super::failure::{Failure, Told};
use super::record::{Details, Ids, Kept, Outcome, Piece, Record};
use super::state::State;
use super::tool::{Origin, Tool};
use super::{captures, clock, local};
use crate::collector;
use crate::config::LogCalls;

/// A call that runs on this thread, or the part of one that is polled here: all that its end needs
/// to know of its beginning.
#[derive(Default)]
pub(crate) struct Frame {
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    /// The active span of OpenTelemetry's context as this call left it: a different
    /// one later is a span inside this call.
    pub(crate) seen: u64,
    /// What it was given, and what else was captured of it.
    pub(crate) captured: Attributes,
    pub(crate) details: DetailsOf,
    /// Whose call it is; `None` outside of any.
    pub(crate) origin: Option<&'static Origin>,
    /// Reading of the counter when it began.
    pub(crate) start: u64,
    /// What held then.
    pub(crate) state: State,
    /// A call below it was kept, so this one has to be.
    pub(crate) kept: Kept,
    /// It ended before the ones above it.
    pub(super) ended: bool,
}

impl Frame {
    /// A call that begins now, on a thread that has no place for it any more.
    #[cold]
    pub(super) fn unplaced(state: State, origin: &'static Origin) -> Self {
        Self {
            origin: Some(origin),
            start: clock::now(),
            state,
            ..Self::default()
        }
    }

    /// A call that begins, in a frame that was free and has its ids. Field by field, into the place where
    /// it stays: made elsewhere and moved, its parts would be read back before they have left the
    /// processor.
    #[inline(always)]
    pub(super) fn begin(&mut self, state: State, origin: &'static Origin, seen: u64) {
        self.seen = seen;
        self.origin = Some(origin);
        self.state = state;
        self.kept = Kept::No;
    }

    #[inline]
    pub(crate) fn tool(&self) -> Option<&'static Tool> {
        self.origin.map(|origin| origin.tool)
    }

    /// There is no more to it than its ids.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.details, DetailsOf::Nobody)
    }

    pub(super) fn tells(&self) -> Tells {
        let Self { state, ids, .. } = self;
        let logs = |tool: &Tool| tool.log_calls() != LogCalls::None;
        Tells {
            sent: state.sends_spans() && (ids.sampled || state.keeps_errors()),
            logged: state.logs_calls() && self.tool().is_some_and(logs),
        }
    }

    /// Leaves the record of a call that has been taken off, in the thread's ring where the thread still
    /// has one. `change` has the last word on its details.
    #[inline(never)]
    pub(super) fn finish(
        mut self,
        end: u64,
        outcome: Outcome,
        change: impl FnOnce(&mut Option<Box<Details>>),
    ) {
        let Some(origin) = self.origin else { return };
        let state = self.state;
        let mut captured = mem::take(&mut self.captured);
        let mut record = self.record(origin, end, outcome, change);
        if state.captures() {
            if !captured.is_empty() {
                let details = record.details.get_or_insert_default();
                details.take_in(mem::take(&mut captured));
            }
            captures::ended(&record);
        }
        let mut record = Some(record);
        local::with(|local| {
            if let Some(record) = record.take() {
                if record.kept != Kept::No {
                    local.keep_parent(record.ids.trace, record.kept);
                }
                if !state.captures() || !state.only_captures() {
                    local.ring.push_with(record, captured);
                }
            }
        });
        if let Some(record) = record {
            collector::add_orphan(&record);
        }
    }

    /// What is left of a call that has no details.
    #[inline(always)]
    pub(super) fn record_plain(
        &self,
        origin: &'static Origin,
        end: u64,
        outcome: Outcome,
        kept: Kept,
        captured: Piece,
    ) -> Record {
        Record {
            origin,
            start: self.start,
            end,
            ids: self.ids,
            parent: self.parent,
            outcome,
            kept,
            captured,
            details: None,
        }
    }

    fn record(
        mut self,
        origin: &'static Origin,
        end: u64,
        mut outcome: Outcome,
        change: impl FnOnce(&mut Option<Box<Details>>),
    ) -> Record {
        let mut details = mem::take(&mut self.details).take();
        change(&mut details);
        let mut kept_elsewhere = Kept::No;
        if let Some(details) = &details {
            kept_elsewhere = details.kept;
            if outcome == Outcome::Success && details.error_type.is_some() {
                outcome = Outcome::Error;
            }
        }
        self.kept = self.kept.max(kept_elsewhere);
        let kept = self.keeps(origin, end, outcome);
        Record {
            details,
            ..self.record_plain(origin, end, outcome, kept, Piece::default())
        }
    }

    /// Why a call that was not sampled is sent all the same. Asked once a call: it may be the last of the
    /// examples that are wanted.
    #[inline(always)]
    pub(super) fn keeps(&self, origin: &Origin, end: u64, outcome: Outcome) -> Kept {
        if self.ids.sampled {
            Kept::No
        } else if self.state.keeps_errors() && outcome.is_error() {
            Kept::Error
        } else if self.state.keeps_slow() && origin.tool.is_slow(self.start, end) {
            self.kept.max(Kept::Slow)
        } else if self.state.keeps_drifting() && origin.tool.takes_example() {
            self.kept.max(Kept::Drifting)
        } else {
            self.kept
        }
    }
}

/// A call's details: shared as soon as somebody asks for the active call.
#[derive(Debug, Default)]
pub(crate) enum DetailsOf {
    #[default]
    Nobody,
    Own(Box<Details>),
    Shared(SharedDetails),
}

/// `None` once the call has ended.
pub(crate) type SharedDetails = Arc<Mutex<Option<Box<Details>>>>;

impl DetailsOf {
    #[inline]
    pub(crate) fn take(self) -> Option<Box<Details>> {
        match self {
            Self::Nobody => None,
            Self::Own(details) => Some(details),
            Self::Shared(shared) => Self::take_shared(&shared),
        }
    }

    #[cold]
    fn take_shared(shared: &Mutex<Option<Box<Details>>>) -> Option<Box<Details>> {
        shared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Changes them in place. `change` must not run code of the user's.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Details)) {
        match self {
            Self::Nobody => {
                let mut own = Box::default();
                change(&mut own);
                *self = Self::Own(own);
            }
            Self::Own(own) => change(own),
            Self::Shared(shared) => {
                if let Some(own) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner) {
                    change(own);
                }
            }
        }
    }

    /// Something that can be handed out.
    pub(crate) fn share(&mut self) -> SharedDetails {
        let shared = match mem::take(self) {
            Self::Nobody => Arc::new(Mutex::new(Some(Box::default()))),
            Self::Own(details) => Arc::new(Mutex::new(Some(details))),
            Self::Shared(shared) => shared,
        };
        *self = Self::Shared(Arc::clone(&shared));
        shared
    }
}

/// What of a failure goes anywhere.
#[derive(Clone, Copy, Default)]
pub(super) struct Tells {
    sent: bool,
    logged: bool,
}

impl Tells {
    /// The message where the span may be sent or logged, and what is below the error where it is
    /// sent.
    #[cold]
    pub(super) fn error_of(self, failure: &Failure<'_>) -> Error {
        let Self { sent, logged } = self;
        let told = failure.message.told(sent || logged, sent);
        (failure.error_type.clone(), told)
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
