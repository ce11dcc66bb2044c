//! The SDK's metrics through `opentelemetry-otlp`, where `otlp_client` says so.

use std::sync::Arc;

use super::exports::Outlets;
use crate::config::{Config, MetricsExporter, OtlpClient};
use crate::error::Error;
use crate::export::Refused;
use crate::notice::notice;
use crate::sdk::otlp_client::{self, OfficialMetrics};

/// `None` where the built-in writer sends them: with other exporters beside OTLP, too, since
/// what the official one takes reaches nobody else.
pub(crate) fn metrics(
    config: &Config,
    outlets: &Outlets,
) -> Result<Option<OfficialMetrics>, Error> {
    let metrics = &config.metrics;
    let only_otlp = metrics.enabled && *metrics.exporters == [MetricsExporter::Otlp];
    if config.otlp_client != OtlpClient::OpenTelemetryOtlp || !only_otlp {
        return Ok(None);
    }
    let queues = Arc::clone(&outlets.metrics);
    let answered = Arc::new(move |answer| match answer {
        Ok(_) => {}
        Err(Refused::Retry { why, .. } | Refused::Lost { why }) => {
            queues.failed_elsewhere();
            notice(&format!(
                "opentelemetry-otlp: metrics were not taken: {why}"
            ));
        }
    });
    otlp_client::metrics(&metrics.backend, metrics.delta, answered).map(Some)
}
