//! What the configuration comes to: typed, checked, merged from all origins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::url::Url;

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

/// `logs_*`
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    /// Empty without the cargo feature.
    pub(crate) exporters: Vec<LogsExporter>,
    pub(crate) backend: Backend,
    /// `logs_file`
    pub(crate) file: PathBuf,
    /// `logs_console_format`, else what `console_format` says.
    pub(crate) format: LogsFormat,
    /// `logs_batch_delay_ms`
    pub(crate) batch_delay: Duration,
    /// Of call logs, and the same again of the program's own lines.
    pub(crate) queue: Queue,
    /// `logs_block_timeout_ms`: how long a line of the program waits for room.
    pub(crate) block_timeout: Duration,
    /// `logs_capture`: the program's own lines are taken.
    pub(crate) capture: bool,
    pub(crate) loki: Loki,
    /// Where what finds no room is kept, with `logs_overflow: spill`.
    pub(crate) spill: Option<Spill>,
}

/// `loki_*`
#[derive(Clone, Debug)]
pub(crate) struct Loki {
    /// `loki_url`, `loki_headers`, `loki_timeout_ms`, `loki_compression`, `tls`.
    pub(crate) backend: Backend,
    /// The labels of the same name, where `loki_labels` says no other.
    pub(crate) application: String,
    pub(crate) environment: String,
    /// `loki_labels`
    pub(crate) labels: BTreeMap<String, String>,
    /// `loki_max_streams`
    pub(crate) max_streams: usize,
    /// `loki_max_line_bytes`
    pub(crate) max_line_bytes: usize,
    pub(crate) client: LokiClient,
}

/// `loki_client`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LokiClient {
    /// Our own sender.
    Builtin,
    /// The crate of that name.
    TracingLoki,
}

/// `logs_spill_file`, `logs_spill_max_bytes`: of each destination.
#[derive(Clone, Debug)]
pub(crate) struct Spill {
    /// The destination's name is added.
    pub(crate) file: PathBuf,
    pub(crate) max_bytes: u64,
}

/// A name that `logs_exporter` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsExporter {
    Loki,
    Otlp,
    Console,
    File,
}

/// `log_level`: the lowest level that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum LogLevel {
    Trace,
    Debug,
    #[default]
    Info,
    Warn,
    Error,
    Critical,
}

/// `log_calls`: which calls leave a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum LogCalls {
    None,
    Errors,
    /// And those that failed.
    Slow,
    #[default]
    All,
}

/// `…_queue_max_bytes`, `…_overflow`: what waits for one destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) max_bytes: usize,
    pub(crate) overflow: Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    DropNewest,
    DropOldest,
    /// The program's own lines wait for room; call logs are dropped, newest first.
    Block,
    /// What finds no room is kept in a file.
    Spill,
}

/// A server: `…_endpoint`, `…_protocol`, `…_headers`, `…_timeout_ms`, `…_compression`, `tls`.
#[derive(Clone)]
pub(crate) struct Backend {
    /// Used as it is for HTTP, path and all; scheme and authority for gRPC.
    pub(crate) endpoint: String,
    pub(crate) protocol: Protocol,
    pub(crate) headers: Vec<(String, Secret)>,
    /// For one attempt, from connecting to the last byte of the answer.
    pub(crate) timeout: Duration,
    pub(crate) gzip: bool,
    pub(crate) tls: Tls,
}

/// Without what the endpoint's user part and query may hold.
impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = Url::parse(&self.endpoint).map(|url| url.masked());
        f.debug_struct("Backend")
            .field("endpoint", &endpoint)
            .field("protocol", &self.protocol)
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("gzip", &self.gzip)
            .field("tls", &self.tls)
            .finish()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    HttpProtobuf,
    HttpJson,
    Grpc,
}

/// `tls`: files in PEM.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    pub(crate) cert_file: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    /// Only these are trusted then.
    pub(crate) ca_file: Option<PathBuf>,
}

/// `store_*`: what outlives the process of baselines and drift events.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) kind: StoreKind,
    /// `store_interval_ms`
    pub(crate) interval: Duration,
    /// `store_timeout_ms`: for one operation, the wait for a lock or a server included.
    pub(crate) timeout: Duration,
    /// `store_queue_max_events`
    pub(crate) queue_max_events: usize,
    /// `store_retention_days`; `None`: for ever.
    pub(crate) retention: Option<Duration>,
}

/// `store`
#[derive(Clone, Debug)]
pub(crate) enum StoreKind {
    None,
    /// `store_file`
    Sqlite(PathBuf),
    Postgres(Postgres),
}

impl StoreKind {
    /// The value of `store` that means it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// `store_url` and `tls`.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) url: Secret,
    /// The URL for people.
    pub(crate) place: String,
    /// On this machine or in a container beside it: TLS only where the URL asks for it.
    pub(crate) near: bool,
    pub(crate) tls: Tls,
}

/// A value that is never printed.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
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

/// `logs_console_format`: how the console shows log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsFormat {
    Compact,
    Pretty,
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

/// What a call does, on the calling thread and in the collector.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    /// `traces_sample_rate`
    pub(crate) sample_rate: f64,
    /// `traces_keep`
    pub(crate) keep: Keep,
    /// `otel_context`: make a tool's span current in OpenTelemetry's context.
    pub(crate) otel_context: bool,
    /// `params_capture`
    pub(crate) params_capture: ParamsCapture,
    /// `params_max_length`, in characters.
    pub(crate) params_max_length: usize,
    /// `params_redact`: parts of a parameter's name, in lower case.
    pub(crate) params_redact: Vec<String>,
    /// `thresholds`, in milliseconds; `default` apart.
    pub(crate) thresholds: BTreeMap<String, f64>,
    pub(crate) default_threshold: Option<f64>,
    /// `tools`, in the order of the file; a later rule wins where both say something.
    pub(crate) tools: Vec<ToolRule>,
    /// `log_calls`
    pub(crate) log_calls: LogCalls,
    /// `log_calls_per_second`, a tool; as many failures again.
    pub(crate) log_calls_per_second: u32,
    /// `log_level`
    pub(crate) log_level: LogLevel,
    /// `running_after_ms`
    pub(crate) running_after: Duration,
    /// `log_filter`, `RUST_LOG`: which of the program's own lines are written.
    pub(crate) log_filter: Option<String>,
    /// `trace_events`: lines written inside a tool become events of its span.
    pub(crate) trace_events: bool,
    /// `max_tools`
    pub(crate) max_tools: usize,
    /// `calls_queue_max_bytes`: all threads' rings together.
    pub(crate) queue_max_bytes: usize,
}

impl Calls {
    /// Takes over what can be changed while running.
    pub(crate) fn reload(&mut self, new: Self) {
        *self = Self {
            otel_context: self.otel_context,
            max_tools: self.max_tools,
            queue_max_bytes: self.queue_max_bytes,
            ..new
        };
    }
}

/// `drift_*`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drift {
    /// `drift_detection_enabled`
    pub(crate) enabled: bool,
    /// What holds where no pattern of `tools` says otherwise.
    pub(crate) general: DriftRule,
    /// `drift_window_size`
    pub(crate) window_size: usize,
    /// `drift_accept_after`; `None`: never by itself.
    pub(crate) accept_after: Option<Duration>,
    /// `drift_season`
    pub(crate) season: DriftSeason,
    /// `drift_max_tools`
    pub(crate) max_tools: usize,
}

impl Drift {
    /// Takes over what can be changed while running.
    pub(crate) fn reload(&mut self, new: Self) {
        *self = Self {
            max_tools: self.max_tools,
            ..new
        };
    }
}

/// What `drift_season` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DriftSeason {
    /// A day, where the durations follow one.
    Auto,
    None,
    Period(Duration),
}

/// What may differ from tool to tool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DriftRule {
    /// `drift_threshold`, as a share.
    pub(crate) threshold: f64,
    /// `drift_false_alarms_per_day`
    pub(crate) false_alarms_per_day: f64,
    /// `drift_mute`
    pub(crate) mute: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ParamsCapture {
    #[default]
    All,
    Primitives,
    None,
}

/// What is sent although head sampling left it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Keep {
    pub(crate) error: bool,
    pub(crate) slow: bool,
    /// Of tools that have drifted, some.
    pub(crate) drifting: bool,
}

/// One entry of `tools`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolRule {
    /// A name, with `*` for any run of characters and `?` for one.
    pub(crate) pattern: String,
    pub(crate) enabled: Option<bool>,
    pub(crate) sample_rate: Option<f64>,
    pub(crate) params_capture: Option<ParamsCapture>,
    pub(crate) threshold_ms: Option<f64>,
    pub(crate) log_calls: Option<LogCalls>,
    /// `drift`: whether it is watched.
    pub(crate) drift: Option<bool>,
    pub(crate) drift_threshold: Option<f64>,
    pub(crate) drift_false_alarms_per_day: Option<f64>,
    pub(crate) drift_mute: Option<bool>,
}

impl ToolRule {
    /// Says nothing yet.
    pub(crate) fn new(pattern: &str) -> Self {
        Self {
            pattern: pattern.to_owned(),
            enabled: None,
            sample_rate: None,
            params_capture: None,
            threshold_ms: None,
            log_calls: None,
            drift: None,
            drift_threshold: None,
            drift_false_alarms_per_day: None,
            drift_mute: None,
        }
    }
}

/// What holds before `init`: nothing is recorded then.
impl Default for Calls {
    fn default() -> Self {
        Self {
            sample_rate: 1.0,
            keep: Keep::default(),
            otel_context: true,
            params_capture: ParamsCapture::None,
            params_max_length: 0,
            params_redact: Vec::new(),
            thresholds: BTreeMap::new(),
            default_threshold: None,
            tools: Vec::new(),
            log_calls: LogCalls::None,
            log_calls_per_second: 0,
            log_level: LogLevel::Info,
            running_after: Duration::MAX,
            log_filter: None,
            trace_events: false,
            max_tools: usize::MAX,
            queue_max_bytes: 0,
        }
    }
}
