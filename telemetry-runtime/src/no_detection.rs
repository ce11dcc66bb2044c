//! Without the feature `drift` nothing is watched.

use std::time::Instant;

use crate::collector::Sink;
use crate::config::Config;
use crate::drift::Event;
use crate::error::Error;
use crate::health::{DriftHealth, StoreHealth};
use crate::logs::WriteNote;
use crate::metrics::Snapshot;

pub(crate) type Callbacks = Vec<Box<dyn FnMut(&Event) + Send>>;

pub(crate) struct Detection;

impl Detection {
    pub(crate) fn start(
        _config: &Config,
        _callbacks: Callbacks,
        _log: Option<WriteNote>,
    ) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(crate) fn sinks(&self) -> Vec<Box<dyn Sink>> {
        Vec::new()
    }

    pub(crate) fn configure(&self, _config: &Config) -> Result<(), Error> {
        Ok(())
    }

    pub(crate) fn flush(&self, _deadline: Instant) -> bool {
        true
    }

    pub(crate) fn stop(&self, _deadline: Instant) -> bool {
        true
    }

    pub(crate) fn fill(&self, _snapshot: &mut Snapshot) {}

    pub(crate) fn health(&self) -> DriftHealth {
        DriftHealth::default()
    }

    pub(crate) fn store_health(&self) -> Option<StoreHealth> {
        None
    }
}
