//! Calls that are kept in memory for a test: [`testing`](crate::testing).
//!
//! A capture is a span that nobody sends, around what its thread does: the calls inside are of its
//! trace, wherever they run, and by their trace they are found when they end.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use super::current::{Current, Entered};
use super::record::{Ids, Outcome, Record};
use super::state::State;
use super::{clock, limits, local};
use crate::config::{FileChoice, Sources};
use crate::ids::{SpanId, TraceId};
use crate::testing::{self, Call};

/// Which captures see the calls of a trace.
static BY_TRACE: LazyLock<Mutex<Traces>> = LazyLock::new(Mutex::default);

type Traces = HashMap<[u64; 2], Vec<Arc<Captured>>>;

fn by_trace() -> MutexGuard<'static, Traces> {
    BY_TRACE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one capture has seen.
struct Captured {
    /// Its own span, which is nobody's parent in the test's eyes.
    span: u64,
    calls: Mutex<Vec<Ended>>,
}

struct Ended {
    start: u64,
    call: Call,
}

/// A capture, while it lives.
pub(crate) struct Scope {
    captured: Arc<Captured>,
    _entered: Entered,
}

impl Scope {
    /// Whether there is anything to capture.
    pub(crate) const RECORDS: bool = true;

    pub(crate) fn begin() -> Self {
        with_settings();
        let around = local::with(|local| local.innermost().map(|frame| frame.ids.trace)).flatten();
        let ids = local::with(|local| local.captured_root()).unwrap_or_default();
        let captured = Arc::new(Captured {
            span: ids.span,
            calls: Mutex::default(),
        });
        let mut by_trace = by_trace();
        // What an outer capture sees.
        let mut all = around
            .and_then(|trace| by_trace.get(&trace).cloned())
            .unwrap_or_default();
        all.push(Arc::clone(&captured));
        by_trace.insert(ids.trace, all);
        State::captures_from_now(true);
        drop(by_trace);
        Self {
            captured,
            _entered: Current::of_capture(ids).enter(),
        }
    }

    /// Those that have ended, in the order in which they began.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut ended: Vec<_> = self
            .captured
            .lock()
            .iter()
            .rev()
            .map(|ended| (ended.start, ended.call.clone()))
            .collect();
        // Where two began at one reading of the clock, the one that ended later is around the other.
        ended.sort_by_key(|(start, _)| *start);
        ended.into_iter().map(|(_, call)| call).collect()
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let mut by_trace = by_trace();
        by_trace.retain(|_, all| {
            all.retain(|captured| !Arc::ptr_eq(captured, &self.captured));
            !all.is_empty()
        });
        if by_trace.is_empty() {
            State::captures_from_now(false);
        }
    }
}

impl Captured {
    fn lock(&self) -> MutexGuard<'_, Vec<Ended>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where nothing has been configured, what a configuration says that says nothing.
fn with_settings() {
    static DEFAULTS: Once = Once::new();
    DEFAULTS.call_once(|| {
        if limits::are_known() {
            return;
        }
        let nothing = Sources {
            file: FileChoice::None,
            ..Sources::default()
        };
        if let Ok(loaded) = crate::config::load(&nothing) {
            super::configure(&loaded.config.calls);
        }
    });
}

/// A trace that begins inside of another one, with a parent that is not here.
#[cold]
pub(super) fn adopt(trace: [u64; 2], inside: [u64; 2]) {
    let mut by_trace = by_trace();
    if let Some(all) = by_trace.get(&inside).cloned() {
        let own = by_trace.entry(trace).or_default();
        for captured in all {
            if !own.iter().any(|known| Arc::ptr_eq(known, &captured)) {
                own.push(captured);
            }
        }
    }
}

/// Shows a call that has ended to all that capture it.
#[cold]
pub(super) fn ended(record: &Record) {
    let all = by_trace().get(&record.ids.trace).cloned();
    for captured in all.iter().flatten() {
        let call = call(record, captured.span);
        let start = record.start;
        captured.lock().push(Ended { start, call });
    }
}

fn call(record: &Record, scope: u64) -> Call {
    let details = record.details.as_deref();
    let attributes = |all: &[(std::borrow::Cow<'static, str>, crate::Value)]| {
        let all = all.iter();
        all.map(|(key, value)| (key.clone().into_owned(), value.clone()))
            .collect::<Vec<_>>()
    };
    let captured = details
        .into_iter()
        .flat_map(|details| details.captured.written().iter())
        .map(|(key, value)| (key.to_owned(), value.into_value()));
    let set = details.map(|details| attributes(&details.attributes));
    let span = |span: u64| {
        SpanId::new(
            Ids {
                span,
                ..Ids::default()
            }
            .span_bytes(),
        )
    };
    let since_start = |counter: u64| Duration::from_nanos(clock::nanos(record.start, counter));
    let events = details.into_iter().flat_map(|details| &details.events);
    let links = details.into_iter().flat_map(|details| &details.links);
    Call {
        name: record.origin.tool.name,
        outcome: match record.outcome {
            Outcome::Success => testing::Outcome::Success,
            Outcome::Error => testing::Outcome::Error,
            Outcome::Panic => testing::Outcome::Panic,
            Outcome::Cancelled => testing::Outcome::Cancelled,
        },
        error_type: details.and_then(|it| it.error_type.clone().map(Into::into)),
        error_message: details.and_then(|it| it.error_message.clone()),
        error_source: details.and_then(|it| it.error_source.clone()),
        attributes: captured.chain(set.into_iter().flatten()).collect(),
        events: events
            .map(|event| testing::Event {
                name: event.name.clone().into_owned(),
                attributes: attributes(&event.attributes),
                after: since_start(event.at),
            })
            .collect(),
        duration: since_start(record.end),
        trace_id: TraceId::new(record.ids.trace_bytes()),
        span_id: span(record.ids.span),
        parent_span_id: (record.parent != 0 && record.parent != scope).then(|| span(record.parent)),
        follows_from: links.map(|link| span(link.span)).collect(),
        function: record.origin.place.function,
    }
}
