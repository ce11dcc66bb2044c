//! A build without `sqlite` and `postgres`: nothing outlives the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::drift::{Baseline, Event, Growth};
use crate::error::Error;
use crate::health::StoreHealth;

/// The detector, as a store would see it.
pub(crate) trait Watched: Send + Sync {
    fn start_from(&self, baselines: Vec<Start>, events: Vec<Event>);

    fn growth(&self) -> Vec<Growth>;

    fn decided(&self, tool: &str, decision: Decision);
}

/// What nobody stores.
pub(crate) struct Start {
    pub(crate) tool: String,
    pub(crate) version: String,
    pub(crate) baseline: Baseline,
}

/// What nobody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    Reset,
}

/// Is never there.
pub(crate) enum Keeper {}

pub(crate) fn start(_config: &Config, _watched: Arc<dyn Watched>) -> Result<Option<Keeper>, Error> {
    Ok(None)
}

impl Keeper {
    pub(crate) fn wait_until_loaded(&self, _timeout: Duration) -> bool {
        match *self {}
    }

    pub(crate) fn event(&self, _event: Event) {
        match *self {}
    }

    pub(crate) fn flush(&self, _deadline: Instant) -> bool {
        match *self {}
    }

    pub(crate) fn shutdown(&self, _deadline: Instant) -> bool {
        match *self {}
    }

    pub(crate) fn clear_events(&self, _tool: Option<&str>) {
        match *self {}
    }

    pub(crate) fn health(&self) -> StoreHealth {
        match *self {}
    }
}
