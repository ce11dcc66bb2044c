//! Without the feature `logs` there are no log records.

use std::time::Instant;

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;
use crate::error::Error;
use crate::logs::WriteNote;

/// There are none.
pub(crate) enum Lines {}

impl Lines {
    pub(crate) fn flush(&self, _deadline: Instant) -> bool {
        match *self {}
    }

    pub(crate) fn stop(&self, _deadline: Instant) -> bool {
        match *self {}
    }
}

pub(crate) fn log_sink(_config: &Config, _outlets: &Outlets) -> Option<Box<dyn Sink>> {
    None
}

pub(crate) fn note_writer(_outlets: &Outlets) -> Option<WriteNote> {
    None
}

pub(crate) fn start_lines(_config: &Config, _outlets: &Outlets) -> Result<Option<Lines>, Error> {
    Ok(None)
}

pub(crate) fn take_lines(_config: &Config, _outlets: &Outlets) {}

pub(crate) fn line_counts() -> (u64, u64) {
    (0, 0)
}
