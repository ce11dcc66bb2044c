//! The pull endpoint, where `metrics_exporter` names `prometheus`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::reader::Source;
use crate::config::{Config, MetricsExporter};
#[cfg(feature = "sdk")]
use crate::export::Batch;
use crate::health::Pulled;
use crate::metrics::PrometheusServer;
use crate::notice::notice;
use crate::otlp::Resource;

/// A server, why there is none, or nothing where none was asked for.
///
/// Never locked while the server is waited for: a scrape that goes on asks for health.
#[derive(Default)]
pub(crate) struct Pull(Mutex<Option<Result<PrometheusServer, String>>>);

impl Pull {
    pub(crate) fn is_asked(config: &Config) -> bool {
        config.metrics.enabled
            && config
                .metrics
                .exporters
                .contains(&MetricsExporter::Prometheus)
    }

    /// A port in use keeps no program from starting: it is told once and shown in health.
    pub(crate) fn start(&self, config: &Config, resource: &Resource, source: &Source) {
        if !Self::is_asked(config) {
            return;
        }
        let source = Arc::clone(source);
        let text = |(key, value): &(String, crate::Value)| (key.clone(), value.to_string());
        let resource = resource.attributes().iter().map(text).collect();
        let listen = &config.metrics.prometheus_listen;
        let server = PrometheusServer::start(
            listen,
            move || source(),
            resource,
            config.environment.clone(),
        );
        if let Err(why) = &server {
            notice(why);
        }
        *self.lock() = Some(server);
    }

    pub(crate) fn stop(&self) {
        let server = self.lock().take();
        drop(server);
    }

    /// What the SDK has measured, for the scrapes to come.
    #[cfg(feature = "sdk")]
    pub(crate) fn keep(&self, batch: &Batch) {
        if let Some(Ok(server)) = &*self.lock() {
            // A batch of ours always decodes.
            let _ = server.keep(batch);
        }
    }

    pub(crate) fn health(&self) -> Option<Pulled> {
        let server = self.lock();
        let server = server.as_ref()?.as_ref();
        Some(
            server
                .map(PrometheusServer::local_addr)
                .map_err(Clone::clone),
        )
    }

    fn lock(&self) -> MutexGuard<'_, Option<Result<PrometheusServer, String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
