//! What of logs is asked for each record, and can be changed while running.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};

use super::lines::{Filter, parse};
use crate::config::{Calls, LogLevel};

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);
static PER_SECOND: AtomicU32 = AtomicU32::new(0);

static TRACE_EVENTS: AtomicBool = AtomicBool::new(false);

pub(crate) fn configure(calls: &Calls) {
    LEVEL.store(calls.log_level as u8, Relaxed);
    PER_SECOND.store(calls.log_calls_per_second, Relaxed);
    TRACE_EVENTS.store(calls.trace_events, Relaxed);
    let own = calls
        .log_filter
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| parse(text).ok());
    own.unwrap_or_else(|| Filter::level(calls.log_level)).set();
}

/// `log_level`
pub(super) fn level() -> LogLevel {
    LogLevel::ALL
        .into_iter()
        .find(|level| *level as u8 == LEVEL.load(Relaxed))
        .unwrap_or_default()
}

/// `log_calls_per_second`
pub(super) fn per_second() -> u32 {
    PER_SECOND.load(Relaxed)
}

/// `trace_events`
pub(super) fn attaches_events() -> bool {
    TRACE_EVENTS.load(Relaxed)
}
