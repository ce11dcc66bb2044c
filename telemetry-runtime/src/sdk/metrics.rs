//! What OpenTelemetry's SDK measures, on its way into the queues of tools' metrics.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ScopeMetrics};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, Temporality};
use prost::Message;

use super::Sink;
use super::instruments;
use crate::export::{Batch, Lane, Signal};
use crate::names::SCOPE;

/// What becomes of the SDK's measurements.
pub(crate) struct Metrics {
    pub(crate) sink: Sink,
    /// `metrics_export_interval_ms`
    pub(crate) interval: Duration,
    /// `metrics_temporality: delta`
    pub(crate) delta: bool,
    /// Takes them instead of `sink`, but where users' readers are: there the tools' counters
    /// are among the SDK's, and the official exporter cannot leave them out.
    #[cfg(feature = "opentelemetry-otlp")]
    pub(crate) official: Option<super::otlp_client::OfficialMetrics>,
}

/// Adds what reads all instruments every `interval`, and at each flush.
pub(super) fn with_reader(
    builder: MeterProviderBuilder,
    to: Metrics,
    #[cfg_attr(
        not(feature = "opentelemetry-otlp"),
        expect(unused_variables, reason = "there is one way only")
    )]
    users_readers: bool,
) -> MeterProviderBuilder {
    #[cfg(feature = "opentelemetry-otlp")]
    if let (Some(official), false) = (to.official, users_readers) {
        return builder.with_reader(every(to.interval, official));
    }
    let bridge = MetricBridge {
        sink: to.sink,
        delta: to.delta,
    };
    builder.with_reader(every(to.interval, bridge))
}

fn every<E: PushMetricExporter>(interval: Duration, exporter: E) -> PeriodicReader<E> {
    PeriodicReader::builder(exporter)
        .with_interval(interval)
        .build()
}

/// Encodes what a reader has read. It holds nothing back.
struct MetricBridge {
    sink: Sink,
    delta: bool,
}

impl PushMetricExporter for MetricBridge {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        if let Some(batch) = encode(metrics) {
            (self.sink)(batch);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        temporality(self.delta)
    }
}

pub(super) fn temporality(delta: bool) -> Temporality {
    if delta {
        Temporality::Delta
    } else {
        Temporality::Cumulative
    }
}

/// One request; none if nothing is left without the tools' instruments, which go their own way.
fn encode(metrics: &ResourceMetrics) -> Option<Batch> {
    let mut request = ExportMetricsServiceRequest::from(metrics);
    for resource in &mut request.resource_metrics {
        for scope in &mut resource.scope_metrics {
            leave_out_tools(scope);
        }
        resource
            .scope_metrics
            .retain(|scope| !scope.metrics.is_empty());
    }
    let items = points_of(&request);
    (items > 0).then(|| Batch {
        signal: Signal::Metrics,
        lane: Lane::Calls,
        items,
        body: request.encode_to_vec(),
    })
}

fn leave_out_tools(scope: &mut ScopeMetrics) {
    if scope
        .scope
        .as_ref()
        .is_some_and(|scope| scope.name == SCOPE)
    {
        scope
            .metrics
            .retain(|metric| !instruments::NAMES.contains(&metric.name.as_str()));
    }
}

/// Of all instruments.
#[cfg(feature = "opentelemetry-otlp")]
pub(super) fn all_points(metrics: &ResourceMetrics) -> u64 {
    points_of(&metrics.into())
}

fn points_of(request: &ExportMetricsServiceRequest) -> u64 {
    let scopes = request
        .resource_metrics
        .iter()
        .flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| &scope.metrics).map(points).sum()
}

fn points(metric: &Metric) -> u64 {
    let points = match &metric.data {
        None => 0,
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
    };
    points as u64
}
