//! Log records: which, and where they go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Backend, Queue};

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

/// `logs_console_format`: how the console shows log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsFormat {
    Compact,
    Pretty,
    Json,
}
