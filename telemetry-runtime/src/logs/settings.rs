//! What of logs is asked for each record, and can be changed while running.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use crate::config::{Calls, LogLevel};

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);
static PER_SECOND: AtomicU32 = AtomicU32::new(0);

pub(crate) fn configure(calls: &Calls) {
    LEVEL.store(calls.log_level as u8, Relaxed);
    PER_SECOND.store(calls.log_calls_per_second, Relaxed);
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
