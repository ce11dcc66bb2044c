//! The bridge to the rest of OpenTelemetry: global providers for spans and instruments
//! that others make, users' exporters and readers for what tools make.
//!
//! ```text
//! SDK spans ───────► SpanBridge ────┐             ┌─► our exporters
//! tools' spans ─────────────────────┼─► Batch ──► queues ─► UserSpanExporter (SpanData again)
//! SDK instruments ─► MetricBridge ──┘
//! tools' counters ─► observable instruments ─► users' readers, and nowhere else
//! ```

mod aside;
mod block_on;
mod decode;
mod instruments;
mod metrics;
#[cfg(feature = "opentelemetry-otlp")]
pub(crate) mod otlp_client;
mod providers;
mod resource;
mod sampler;
mod spans;
mod user_exporter;

pub(crate) use instruments::Tools;
pub(crate) use metrics::Metrics;
pub(crate) use providers::{Install, MeterProviderHook, Providers, TracerProviderHook, install};
pub(crate) use spans::Spans;
pub(crate) use user_exporter::UserSpanExporter;

use std::sync::Arc;

use crate::export::Batch;

/// Where encoded batches go: the queues that tools' batches go to. It never blocks.
pub(crate) type Sink = Arc<dyn Fn(Batch) + Send + Sync>;

#[cfg(test)]
mod tests;
