//! The pull endpoint, where `metrics_exporter` names `prometheus`.

use std::sync::Arc;

use super::reader::Source;
use crate::config::{Config, MetricsExporter};
use crate::health::Pulled;
use crate::metrics::PrometheusServer;
use crate::notice::notice;
use crate::otlp::Resource;

/// A server, or why there is none.
pub(crate) struct Pull(Result<PrometheusServer, String>);

impl Pull {
    /// A port in use keeps no program from starting: it is told once and shown in health.
    pub(crate) fn start(config: &Config, resource: &Resource, source: &Source) -> Option<Self> {
        let metrics = &config.metrics;
        if !metrics.enabled || !metrics.exporters.contains(&MetricsExporter::Prometheus) {
            return None;
        }
        let source = Arc::clone(source);
        let resource = resource
            .attributes()
            .iter()
            .map(|(key, value)| (key.clone(), value.to_string()))
            .collect();
        let environment = config.environment.clone();
        let server = PrometheusServer::start(
            &metrics.prometheus_listen,
            move || source(),
            resource,
            environment,
        );
        if let Err(why) = &server {
            notice(why);
        }
        Some(Self(server))
    }

    pub(crate) fn health(&self) -> Pulled {
        self.0
            .as_ref()
            .map(PrometheusServer::local_addr)
            .map_err(Clone::clone)
    }
}
