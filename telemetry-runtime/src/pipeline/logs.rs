//! The collector's way to the logs' queues.

use std::sync::Arc;

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;
use crate::logs::{CallLogs, Notes, WriteNote};

/// `None` where log records go nowhere.
pub(crate) fn log_sink(config: &Config, outlets: &Outlets) -> Option<Box<dyn Sink>> {
    if outlets.logs.is_empty() {
        return None;
    }
    let queues = Arc::clone(&outlets.logs);
    let hand_on = move |batch| queues.push(&batch);
    Some(Box::new(CallLogs::new(
        &outlets.resource,
        config.logs.batch_delay,
        hand_on,
    )))
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
