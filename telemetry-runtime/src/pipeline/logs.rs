//! The ways of log records to their queues: calls' by the collector, the program's own lines.

use std::sync::Arc;

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;
use crate::error::Error;
use crate::logs::{self, CallLogs, FRONT, Limits, Notes, Rules, WriteNote};

pub(crate) use crate::logs::Lines;

/// `None` where log records go nowhere.
pub(crate) fn log_sink(config: &Config, outlets: &Outlets) -> Option<Box<dyn Sink>> {
    if outlets.logs.is_empty() {
        return None;
    }
    let queues = Arc::clone(&outlets.logs);
    let hand_on = move |batch| queues.push(&batch);
    let rules = Rules {
        batch_delay: config.logs.batch_delay,
        queue_max_bytes: config.logs.queue.max_bytes,
    };
    Some(Box::new(CallLogs::new(&outlets.resource, rules, hand_on)))
}

/// The same for what this crate finds out itself.
pub(crate) fn note_writer(outlets: &Outlets) -> Option<WriteNote> {
    if outlets.logs.is_empty() {
        return None;
    }
    let queues = Arc::clone(&outlets.logs);
    let mut notes = Notes::new(&outlets.resource, move |batch| queues.push(&batch));
    Some(Box::new(move |note| notes.write(note)))
}

/// Begins to take lines: this crate's, and the program's where it lets them be taken.
pub(crate) fn start_lines(config: &Config, outlets: &Outlets) -> Result<Option<Lines>, Error> {
    take_lines(config, outlets);
    if outlets.logs.is_empty() {
        return Ok(None);
    }
    let queues = Arc::clone(&outlets.logs);
    let limits = Limits {
        max_bytes: config.logs.queue.max_bytes,
        overflow: config.logs.queue.overflow,
        block_timeout: config.logs.block_timeout,
    };
    let patience = config.logs.block_timeout;
    let hand_on = move |batch| queues.push_within(&batch, patience);
    Lines::start(&outlets.resource, limits, config.logs.batch_delay, hand_on).map(Some)
}

/// Has the program's lines taken, if something is to become of them: after a change of the
/// configuration too.
pub(crate) fn take_lines(config: &Config, outlets: &Outlets) {
    let is_wanted = !outlets.logs.is_empty() || config.calls.trace_events;
    if config.enabled && config.logs.capture && is_wanted {
        logs::install();
    }
}

/// Lines dropped before they came to a queue, and lines that are on their way to one.
pub(crate) fn line_counts() -> (u64, u64) {
    FRONT.counts()
}
