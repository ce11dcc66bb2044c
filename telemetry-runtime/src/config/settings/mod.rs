//! What the configuration comes to: typed, checked, merged from all origins.

mod backend;
mod calls;
mod drift;
mod logs;
mod store;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use backend::*;
pub(crate) use calls::*;
pub(crate) use drift::*;
pub(crate) use logs::*;
pub(crate) use store::*;

/// Everything the parts are started from.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `enabled`
    pub(crate) enabled: bool,
    /// `service_name`
    pub(crate) service_name: String,
    /// `service_version`
    pub(crate) service_version: Option<String>,
    /// `environment`
    pub(crate) environment: String,
    /// `resource` and `OTEL_RESOURCE_ATTRIBUTES`, which win over derived attributes of the same name;
    /// `application` and `environment` among them, those of `loki_labels` first.
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Logs,
    pub(crate) calls: Calls,
    pub(crate) drift: Drift,
    pub(crate) store: Store,
    /// `sdk_providers`: install the SDK's global providers.
    pub(crate) sdk_providers: bool,
    /// `otlp_client`
    pub(crate) otlp_client: OtlpClient,
    /// `console_format`
    pub(crate) console_format: ConsoleFormat,
    pub(crate) files: Files,
    /// `shutdown_timeout_ms`: what the guard's drop may take.
    pub(crate) shutdown_timeout: Duration,
    /// `watch`: reload when the file changes.
    pub(crate) watch: bool,
}

/// `traces_*`
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    pub(crate) enabled: bool,
    pub(crate) exporters: Vec<TracesExporter>,
    /// Where `otlp`, `jaeger` go. `zipkin` has the same with its own URL.
    pub(crate) backend: Backend,
    /// `traces_endpoint` where the exporter is `zipkin`, else its default.
    pub(crate) zipkin: Backend,
    /// `traces_file`
    pub(crate) file: PathBuf,
    /// `traces_batch_max_spans`
    pub(crate) batch_max_spans: usize,
    /// `traces_batch_delay_ms`
    pub(crate) batch_delay: Duration,
    pub(crate) queue: Queue,
    /// `semantic_conventions: gen_ai`
    pub(crate) gen_ai: bool,
}

/// A name that `traces_exporter` knows. `jaeger` is `Otlp` by the time it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracesExporter {
    Otlp,
    Console,
    File,
    Zipkin,
}

/// `metrics_*`
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) enabled: bool,
    pub(crate) exporters: Vec<MetricsExporter>,
    pub(crate) backend: Backend,
    /// `metrics_file`
    pub(crate) file: PathBuf,
    /// `metrics_export_interval_ms`
    pub(crate) interval: Duration,
    /// `metrics_temporality: delta`
    pub(crate) delta: bool,
    /// `metrics_duration_buckets`, upper bounds in milliseconds, rising.
    pub(crate) buckets: Vec<f64>,
    /// `prometheus_listen`
    pub(crate) prometheus_listen: String,
    pub(crate) queue: Queue,
}

/// A name that `metrics_exporter` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsExporter {
    Otlp,
    Console,
    File,
    Prometheus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtlpClient {
    /// Our wire writer.
    Builtin,
    /// `opentelemetry-otlp`
    OpenTelemetryOtlp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConsoleFormat {
    Text,
    Json,
}

/// `file_max_bytes`, `file_max_files`: how much the exporter `file` keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files {
    /// Of one file.
    pub(crate) max_bytes: u64,
    /// The one that is written and the older ones.
    pub(crate) max_files: u32,
}
