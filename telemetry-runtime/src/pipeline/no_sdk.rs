//! Without the feature `sdk` OpenTelemetry's providers stay as they are.

use std::time::Instant;

use super::exports::Outlets;
use super::hooks::Hooks;
use super::reader::Source;
use crate::config::Config;
use crate::error::Error;

pub(crate) enum Sdk {}

impl Sdk {
    pub(crate) fn start(
        _config: &Config,
        _hooks: Hooks,
        _outlets: &Outlets,
        _source: &Source,
    ) -> Result<Option<Self>, Error> {
        Ok(None)
    }

    pub(crate) fn flush(&self, _deadline: Instant) -> bool {
        match *self {}
    }

    pub(crate) fn shutdown(&self, _deadline: Instant) -> bool {
        match *self {}
    }
}
