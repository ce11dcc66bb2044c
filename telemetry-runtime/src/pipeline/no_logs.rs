//! Without the feature `logs` there are no log records.

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;

pub(crate) fn log_sink(_config: &Config, _outlets: &Outlets) -> Option<Box<dyn Sink>> {
    None
}
