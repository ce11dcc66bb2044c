//! What a call does, by tool where it is said so.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{LogCalls, LogLevel};

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
