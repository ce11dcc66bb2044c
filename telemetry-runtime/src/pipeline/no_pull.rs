//! Without the feature `prometheus` there is no pull endpoint.

use super::reader::Source;
use crate::config::Config;
use crate::health::Pulled;
use crate::otlp::Resource;

pub(crate) enum Pull {}

impl Pull {
    pub(crate) fn start(_config: &Config, _resource: &Resource, _source: &Source) -> Option<Self> {
        None
    }

    pub(crate) fn health(&self) -> Pulled {
        match *self {}
    }
}
