//! Every name this crate emits: spans, attributes, metrics, labels.

/// Prefix of a tool's span: `tool.<name>`.
pub(crate) const SPAN_PREFIX: &str = "tool.";
/// The same with `semantic_conventions: gen_ai`.
pub(crate) const GEN_AI_SPAN_PREFIX: &str = "execute_tool ";
/// The instrumentation scope of everything this crate makes itself.
pub(crate) const SCOPE: &str = "telemetry-runtime";

/// Attributes of a span.
pub(crate) mod attribute {
    pub(crate) const TOOL_NAME: &str = "tool.name";
    pub(crate) const TOOL_STATUS: &str = "tool.status";
    pub(crate) const TOOL_SLOW: &str = "tool.slow";
    pub(crate) const TOOL_DURATION_MS: &str = "tool.duration_ms";
    pub(crate) const TOOL_PARAMS_COUNT: &str = "tool.params.count";
    /// A captured parameter: `tool.param.<key>`.
    pub(crate) const TOOL_PARAM_PREFIX: &str = "tool.param.";
    /// What the call gave, where the attribute says `ret`.
    pub(crate) const TOOL_RETURN: &str = "tool.return";
    /// How many items a stream gave until it ended.
    pub(crate) const TOOL_STREAM_ITEMS: &str = "tool.stream.items";
    /// How many of them were errors, where some were.
    pub(crate) const TOOL_STREAM_ERRORS: &str = "tool.stream.errors";
    /// Why a span that head sampling left out was kept: `error` or `slow`.
    pub(crate) const TOOL_SAMPLED_REASON: &str = "tool.sampled.reason";
    /// Of the thread that a call which still runs is on.
    pub(crate) const THREAD_NAME: &str = "thread.name";
    pub(crate) const CODE_FUNCTION_NAME: &str = "code.function.name";
    pub(crate) const CODE_FILE_PATH: &str = "code.file.path";
    pub(crate) const CODE_LINE_NUMBER: &str = "code.line.number";
    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const ERROR_MESSAGE: &str = "error.message";
    /// The errors below the error, as `source` gives them, a line each.
    pub(crate) const ERROR_SOURCE: &str = "error.source";
    pub(crate) const GEN_AI_OPERATION_NAME: &str = "gen_ai.operation.name";
    pub(crate) const GEN_AI_TOOL_NAME: &str = "gen_ai.tool.name";
    pub(crate) const GEN_AI_TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
    /// On metric points: [`TOOL_NAME`], this, and for histograms [`STATUS`].
    pub(crate) const ENVIRONMENT: &str = "environment";
    pub(crate) const STATUS: &str = "status";
    /// On `tool.drift.events` and a drift event's log record and span event.
    pub(crate) const DRIFT_TYPE: &str = "drift.type";
    pub(crate) const SEVERITY: &str = "severity";
    pub(crate) const DRIFT_STATUS: &str = "drift.status";
    pub(crate) const DRIFT_MEASURE: &str = "drift.measure";
    pub(crate) const DRIFT_BASELINE_VALUE: &str = "drift.baseline_value";
    pub(crate) const DRIFT_CURRENT_VALUE: &str = "drift.current_value";
    pub(crate) const DRIFT_DEVIATION_PERCENT: &str = "drift.deviation_percent";
    /// Of a call since the change.
    pub(crate) const DRIFT_EXAMPLE_TRACE_ID: &str = "drift.example.trace_id";
    pub(crate) const DRIFT_DESCRIPTION: &str = "drift.description";
    /// Why something was dropped, on `telemetry.*.dropped`.
    pub(crate) const CAUSE: &str = "cause";
    /// Which exporter, on `telemetry.*`.
    pub(crate) const DESTINATION: &str = "destination";
    /// Which signal, on `telemetry.export.*`.
    pub(crate) const SIGNAL: &str = "signal";
}

/// Log records, and their lines.
pub(crate) mod log {
    /// The event of a call that has ended.
    pub(crate) const EVENT_CALL: &str = "tool.call";
    /// The event of a call that has been running for long and still does.
    pub(crate) const EVENT_RUNNING: &str = "tool.running";
    /// The event of calls that left no record of their own.
    pub(crate) const EVENT_SUPPRESSED: &str = "tool.calls.suppressed";
    pub(crate) const DURATION_MS: &str = "duration_ms";
    pub(crate) const STATUS: &str = "status";
    /// `status` of a call that still runs.
    pub(crate) const RUNNING: &str = "running";
    /// How many calls were not logged, and how many of them failed.
    pub(crate) const SUPPRESSED_CALLS: &str = "suppressed.calls";
    pub(crate) const SUPPRESSED_FAILURES: &str = "suppressed.failures";
    /// In a line, for what OTLP has fields or attributes of its own.
    pub(crate) const MESSAGE: &str = "message";
    pub(crate) const LEVEL: &str = "level";
    pub(crate) const TOOL_NAME: &str = "tool_name";
    pub(crate) const TRACE_ID: &str = "trace_id";
    pub(crate) const SPAN_ID: &str = "span_id";
    pub(crate) const ERROR_TYPE: &str = "error_type";
    /// Of a line of the program's: the module that wrote it, or what it gave as its target.
    pub(crate) const TARGET: &str = "target";
    /// A field of the user's that has one of these names becomes `fields.<name>`.
    pub(crate) const RESERVED: [&str; 10] = [
        MESSAGE,
        LEVEL,
        TOOL_NAME,
        TRACE_ID,
        SPAN_ID,
        DURATION_MS,
        STATUS,
        ERROR_TYPE,
        super::attribute::TOOL_NAME,
        super::attribute::ERROR_TYPE,
    ];
}

/// Events on a span.
pub(crate) mod event {
    /// A drift event of the tool; of a log record too.
    pub(crate) const DRIFT: &str = "tool.drift";
}

/// Attributes of the resource.
pub(crate) mod resource {
    pub(crate) const SERVICE_NAME: &str = "service.name";
    pub(crate) const SERVICE_VERSION: &str = "service.version";
    pub(crate) const SERVICE_INSTANCE_ID: &str = "service.instance.id";
    pub(crate) const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";
    pub(crate) const HOST_NAME: &str = "host.name";
    pub(crate) const PROCESS_PID: &str = "process.pid";
    pub(crate) const TELEMETRY_SDK_NAME: &str = "telemetry.sdk.name";
    pub(crate) const TELEMETRY_SDK_LANGUAGE: &str = "telemetry.sdk.language";
    pub(crate) const TELEMETRY_SDK_VERSION: &str = "telemetry.sdk.version";
    /// Loki's labels, for lines that come by OTLP.
    pub(crate) const APPLICATION: &str = "application";
    pub(crate) const ENVIRONMENT: &str = "environment";
}

/// Labels of a stream in Loki.
pub(crate) mod label {
    pub(crate) const APPLICATION: &str = "application";
    pub(crate) const ENVIRONMENT: &str = "environment";
    pub(crate) const LEVEL: &str = "level";
    pub(crate) const TOOL_NAME: &str = "tool_name";
}

/// Instruments.
pub(crate) mod metric {
    pub(crate) const CALLS: &str = "tool.calls";
    pub(crate) const ERRORS: &str = "tool.errors";
    pub(crate) const ERRORS_BY_TYPE: &str = "tool.errors.by_type";
    pub(crate) const SLOW: &str = "tool.slow";
    pub(crate) const ACTIVE: &str = "tool.active";
    pub(crate) const DURATION: &str = "tool.duration";
    /// Written so that no backend adds a suffix.
    pub(crate) const DURATION_UNIT: &str = "{ms}";
    pub(crate) const THRESHOLD_MS: &str = "tool.threshold_ms";
    /// Percent, as the attribute says it.
    pub(crate) const OBJECTIVE_SUCCESS: &str = "tool.objective.success";
    pub(crate) const OBJECTIVE_LATENCY_MS: &str = "tool.objective.latency_ms";
    /// Percent, as the attribute says it.
    pub(crate) const OBJECTIVE_QUANTILE: &str = "tool.objective.quantile";
    pub(crate) const DRIFT_SCORE: &str = "tool.drift.score";
    pub(crate) const DRIFT_EVENTS: &str = "tool.drift.events";

    /// Spans handed to a destination that took them.
    pub(crate) const SPANS_EXPORTED: &str = "telemetry.spans.exported";
    pub(crate) const SPANS_DROPPED: &str = "telemetry.spans.dropped";
    /// Points handed to a destination that took them.
    pub(crate) const METRIC_POINTS_EXPORTED: &str = "telemetry.metric_points.exported";
    pub(crate) const METRIC_POINTS_DROPPED: &str = "telemetry.metric_points.dropped";
    /// Log records handed to a destination that took them.
    pub(crate) const LOG_RECORDS_EXPORTED: &str = "telemetry.log_records.exported";
    pub(crate) const LOG_RECORDS_DROPPED: &str = "telemetry.log_records.dropped";
    /// Records of calls beyond `log_calls_per_second`.
    pub(crate) const LOG_RECORDS_SUPPRESSED: &str = "telemetry.log_records.suppressed";
    /// Attributes and events that spans and log lines had no room for.
    pub(crate) const ATTRIBUTES_DROPPED: &str = "telemetry.attributes.dropped";
    pub(crate) const CALLS_OVER_MAX_TOOLS: &str = "telemetry.calls.over_max_tools";
    /// Told of while they still ran.
    pub(crate) const CALLS_LONG: &str = "telemetry.calls.long";
    pub(crate) const EXPORT_FAILURES: &str = "telemetry.export.failures";
    pub(crate) const QUEUE_BYTES: &str = "telemetry.queue.bytes";
    pub(crate) const TOOLS: &str = "telemetry.tools";
    /// Tools that are watched for drift.
    pub(crate) const DRIFT_TOOLS: &str = "telemetry.drift.tools";
    /// Tools that gave way to others, since `drift_max_tools` were watched.
    pub(crate) const DRIFT_TOOLS_EVICTED: &str = "telemetry.drift.tools_evicted";
    /// Calls that came to the detector counted, without their order.
    pub(crate) const DRIFT_CALLS_UNORDERED: &str = "telemetry.drift.calls_unordered";
    pub(crate) const DRIFT_CALLS_LOST: &str = "telemetry.drift.calls_lost";
    /// Calls that were sent although not sampled, since their tool had drifted.
    pub(crate) const DRIFT_CALLS_KEPT: &str = "telemetry.drift.calls_kept";
    /// Events that a subscriber was too slow for.
    pub(crate) const DRIFT_NOTIFICATIONS_DROPPED: &str = "telemetry.drift.notifications_dropped";
    pub(crate) const DRIFT_CALLBACK_PANICS: &str = "telemetry.drift.callback_panics";
    /// Drift events that are stored.
    pub(crate) const STORE_EVENTS_WRITTEN: &str = "telemetry.store.events_written";
    pub(crate) const STORE_EVENTS_WAITING: &str = "telemetry.store.events_waiting";
    pub(crate) const STORE_EVENTS_DROPPED: &str = "telemetry.store.events_dropped";
    /// Times that what a tool has taught was lost.
    pub(crate) const STORE_GROWTH_DROPPED: &str = "telemetry.store.growth_dropped";
    /// Operations of the store that failed.
    pub(crate) const STORE_FAILURES: &str = "telemetry.store.failures";
}

/// What stands for tools beyond `max_tools`, and for error types beyond their bound.
pub(crate) const OTHER: &str = "_other";
