//! The SDK's metrics through `opentelemetry-otlp`, where `otlp_client` says so.

use std::sync::Arc;

use super::exports::Outlets;
use crate::config::{Config, MetricsExporter, OtlpClient};
use crate::error::Error;
use crate::export::{Accepted, Cause, Refused};
use crate::notice::notice;
use crate::sdk::otlp_client::{self, OfficialMetrics};

/// What its counts stand under.
const NAME: &str = "opentelemetry-otlp";

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
    let tally = outlets.metrics.add_elsewhere(NAME);
    let answered = Arc::new(move |points: u64, answer| match answer {
        Ok(Accepted { rejected, .. }) => {
            let rejected = points.min(rejected);
            tally.delivered(points - rejected);
            tally.dropped(Cause::Rejected, rejected);
        }
        Err(refused) => {
            let (cause, why) = match refused {
                Refused::Retry { why, .. } => (Cause::Expired, why),
                Refused::Lost { why } => (Cause::Refused, why),
            };
            tally.failed(&why);
            tally.dropped(cause, points);
            notice(&format!(
                "opentelemetry-otlp: metrics were not taken: {why}"
            ));
        }
    });
    otlp_client::metrics(&metrics.backend, metrics.delta, answered).map(Some)
}
