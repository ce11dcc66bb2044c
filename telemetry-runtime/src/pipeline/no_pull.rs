//! Without the feature `prometheus` there is no pull endpoint.

use super::reader::Source;
use crate::config::Config;
use crate::health::Pulled;
use crate::otlp::Resource;

#[derive(Default)]
pub(crate) struct Pull;

impl Pull {
    pub(crate) fn is_asked(_config: &Config) -> bool {
        false
    }

    pub(crate) fn start(&self, _config: &Config, _resource: &Resource, _source: &Source) {}

    pub(crate) fn stop(&self) {}

    #[cfg(feature = "sdk")]
    pub(crate) fn keep(&self, _batch: &crate::export::Batch) {}

    pub(crate) fn health(&self) -> Option<Pulled> {
        None
    }
}
