//! Without the feature `logs` there are no log records.

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;
use crate::logs::WriteNote;

pub(crate) fn log_sink(_config: &Config, _outlets: &Outlets) -> Option<Box<dyn Sink>> {
    None
}

pub(crate) fn note_writer(_outlets: &Outlets) -> Option<WriteNote> {
    None
}
