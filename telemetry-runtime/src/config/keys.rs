//! The table of keys: what may be said, what it means, what holds where nothing is said.
//!
//! Validation, the effective configuration and the documented file are made from it.

use super::kind::Kind::{
    Address, Attributes, Buckets, Choice, Choices, Database, Endpoint, File, Files, Flag, Headers,
    Integer, Limits, Number, Rules, Set, Text, Texts, Url,
};
use super::kind::{Kind, LONGEST_LIMIT_MS};

/// One key below `telemetry:`.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// As YAML; empty where nothing is the default.
    pub(crate) default: &'static str,
    /// One line, without a full stop.
    pub(crate) doc: &'static str,
    /// The cargo feature without which the key can ask for nothing.
    pub(crate) feature: Option<&'static str>,
    /// The key that switches its part off: this one then asks for nothing either.
    pub(crate) switch: Option<&'static str>,
    /// Can be changed while running.
    pub(crate) reloads: bool,
}

impl Key {
    const fn new(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            default,
            doc,
            feature: None,
            switch: None,
            reloads: false,
        }
    }

    const fn of(mut self, switch: &'static str) -> Self {
        self.switch = Some(switch);
        self
    }

    const fn needs(mut self, feature: &'static str) -> Self {
        self.feature = Some(feature);
        self
    }

    const fn reloads(mut self) -> Self {
        self.reloads = true;
        self
    }

    /// The variable that says the key.
    pub(crate) fn variable(&self) -> String {
        format!("TELEMETRY_{}", self.name.to_ascii_uppercase())
    }
}

/// Keys that belong together, under one heading of the documented file.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) keys: &'static [Key],
}

/// Every key, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    TABLE.iter().flat_map(|section| section.keys)
}

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

/// The keys of one entry of `tools`.
pub(crate) static RULES: &[Key] = &[
    Key::new(
        "enabled",
        Flag,
        "",
        "Whether calls of the tool are seen at all",
    ),
    Key::new(
        "sample_rate",
        RATE,
        "",
        "In place of traces_sample_rate, where the tool is a root",
    ),
    Key::new(
        "params_capture",
        CAPTURE,
        "",
        "In place of the general params_capture",
    ),
    Key::new(
        "threshold_ms",
        Number {
            min: 0.0,
            max: LONGEST_LIMIT_MS,
        },
        "",
        "Milliseconds from which a call is slow",
    ),
    Key::new(
        "log_calls",
        LOG_CALLS,
        "",
        "In place of the general log_calls",
    ),
    Key::new("drift", Flag, "", "Whether the tool is watched for drift"),
    Key::new(
        "drift_threshold",
        CHANGE,
        "",
        "In place of the general drift_threshold",
    ),
    Key::new(
        "drift_false_alarms_per_day",
        FALSE_ALARMS,
        "",
        "In place of the general drift_false_alarms_per_day",
    ),
    Key::new("drift_mute", Flag, "", "Watched, but raises no events"),
];

const RATE: Kind = Number { min: 0.0, max: 1.0 };
const CAPTURE: Kind = Choice(&["all", "primitives", "none"]);
const PROTOCOL: Kind = Choice(&["http", "http-json", "grpc"]);
const COMPRESSION: Kind = Choice(&["none", "gzip"]);
const OVERFLOW: Kind = Choice(&["drop_newest", "drop_oldest"]);
const LOG_CALLS: Kind = Choice(&["all", "slow", "errors", "none"]);
const LOG_LEVELS: &[&str] = &[
    "TRACE", "DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL",
];
const QUEUE_BYTES: Kind = Integer {
    min: 65_536,
    max: 17_179_869_184,
    unit: "bytes",
};
const SEASON: Kind = Choice(&["auto", "none", "hour", "day", "week"]);
const CHANGE: Kind = Number {
    min: 0.0,
    max: 100.0,
};
const FALSE_ALARMS: Kind = Number {
    min: 1e-6,
    max: 1e6,
};
const TIMEOUT: Kind = Integer {
    min: 1,
    max: 600_000,
    unit: "ms",
};

pub(crate) static TABLE: &[Section] = &[
    Section {
        title: "What runs",
        keys: &[
            Key::new("enabled", Flag, "true", "Off, tools run as if they were plain functions"),
            Key::new("service_name", Text, "", "The resource's service.name; left out: unknown_service:<the program's name>"),
            Key::new("service_version", Text, "", "The resource's service.version"),
            Key::new("environment", Text, "development", "The resource's deployment.environment.name, and `environment` on every metric"),
            Key::new("resource", Attributes, "{}", "Further attributes of the resource; one of the same name wins over a derived one"),
        ],
    },
    Section {
        title: "Traces",
        keys: &[
            Key::new("traces_enabled", Flag, "true", "Whether calls become spans").needs("trace"),
            Key::new(
                "traces_exporter",
                Choices(&["otlp", "console", "file", "zipkin", "jaeger", "none"]),
                "otlp",
                "Where spans go; `jaeger` is OTLP to Jaeger",
            )
            .of("traces_enabled"),
            Key::new(
                "traces_endpoint",
                Endpoint,
                "\"http://localhost:4318/v1/traces\"",
                "Where OTLP (or Zipkin, where that is the only server) goes; without a path /v1/traces is added; for gRPC the default is http://localhost:4317, for Zipkin http://localhost:9411/api/v2/spans",
            )
            .of("traces_enabled"),
            Key::new("traces_protocol", PROTOCOL, "http", "OTLP as protobuf or JSON over HTTP, or over gRPC, with the cargo feature otlp-grpc").of("traces_enabled"),
            Key::new("traces_headers", Headers, "{}", "Headers of every request; keep keys in variables: { authorization: \"Bearer ${API_KEY}\" }")
                .of("traces_enabled"),
            Key::new("traces_timeout_ms", TIMEOUT, "10000", "For one attempt, from connecting to the end of the answer").of("traces_enabled"),
            Key::new("traces_compression", COMPRESSION, "none", "How requests are compressed").of("traces_enabled"),
            Key::new("traces_file", File, "telemetry-traces.jsonl", "Where the exporter `file` writes OTLP/JSON lines").of("traces_enabled"),
            Key::new("traces_sample_rate", RATE, "1.0", "Share of traces that are sent, decided at the root; metrics count all calls").reloads().of("traces_enabled"),
            Key::new("traces_keep", Set(&["error", "slow", "drifting"]), "[error, slow]", "Calls that are sent although not sampled; drifting: up to 100 a minute of a tool that has changed").reloads().of("traces_enabled"),
            Key::new("traces_batch_max_spans", Integer { min: 1, max: 65_536, unit: "spans" }, "4096", "A batch is sent when it has so many").of("traces_enabled"),
            Key::new("traces_batch_delay_ms", Integer { min: 1, max: 600_000, unit: "ms" }, "1000", "A batch is sent when its first span is so old").of("traces_enabled"),
            Key::new("traces_queue_max_bytes", QUEUE_BYTES, "16777216", "What may wait for one destination").of("traces_enabled"),
            Key::new("traces_overflow", OVERFLOW, "drop_newest", "What is dropped, and counted, when more waits").of("traces_enabled"),
        ],
    },
    Section {
        title: "Metrics",
        keys: &[
            Key::new("metrics_enabled", Flag, "true", "Whether calls are counted and timed").needs("metrics"),
            Key::new("metrics_exporter", Choices(&["otlp", "console", "file", "prometheus", "none"]), "otlp", "Where metrics go; `prometheus` is the pull endpoint at prometheus_listen")
                .of("metrics_enabled"),
            Key::new(
                "metrics_endpoint",
                Endpoint,
                "\"http://localhost:4318/v1/metrics\"",
                "Where OTLP goes; without a path /v1/metrics is added; for gRPC the default is http://localhost:4317",
            )
            .of("metrics_enabled"),
            Key::new("metrics_protocol", PROTOCOL, "http", "As traces_protocol").of("metrics_enabled"),
            Key::new("metrics_headers", Headers, "{}", "As traces_headers").of("metrics_enabled"),
            Key::new("metrics_timeout_ms", TIMEOUT, "10000", "As traces_timeout_ms").of("metrics_enabled"),
            Key::new("metrics_compression", COMPRESSION, "none", "As traces_compression").of("metrics_enabled"),
            Key::new("metrics_file", File, "telemetry-metrics.jsonl", "Where the exporter `file` writes OTLP/JSON lines").of("metrics_enabled"),
            Key::new("metrics_export_interval_ms", Integer { min: 1, max: 86_400_000, unit: "ms" }, "30000", "From one export to the next").of("metrics_enabled"),
            Key::new("metrics_temporality", Choice(&["cumulative", "delta"]), "cumulative", "Of counters and histograms; Datadog wants delta").of("metrics_enabled"),
            Key::new("metrics_duration_buckets", Buckets, DURATION_BUCKETS, "Upper bounds of the histogram of durations, in milliseconds").of("metrics_enabled"),
            Key::new("metrics_queue_max_bytes", QUEUE_BYTES, "4194304", "What may wait for one destination").of("metrics_enabled"),
            Key::new("metrics_overflow", OVERFLOW, "drop_oldest", "What is dropped, and counted, when more waits").of("metrics_enabled"),
            Key::new("prometheus_listen", Address, "\"127.0.0.1:9464\"", "Where the exporter `prometheus` can be scraped").of("metrics_enabled"),
        ],
    },
    Section {
        title: "Logs",
        keys: &[
            Key::new(
                "logs_exporter",
                Choices(&["loki", "otlp", "console", "file", "none"]),
                "",
                "Where log lines go; left out: loki, and with loki_enabled: false none, or console where traces go to the console",
            )
            .needs("logs"),
            Key::new("log_level", Choice(LOG_LEVELS), "INFO", "The lowest level that is written; WARN and WARNING are one level").needs("logs").reloads(),
            Key::new("log_filter", Text, "", "Which of the program's own lines are written, in directives as tracing's EnvFilter reads them: \"info,hyper=warn,my_app[query{user=17}]=debug\"; RUST_LOG wins over the file; left out: log_level").needs("logs").reloads(),
            Key::new("log_calls", LOG_CALLS, "all", "Which calls leave a line when they end: `errors` those that failed, `slow` these and those over their threshold").needs("logs").reloads(),
            Key::new(
                "log_calls_per_second",
                Integer { min: 0, max: 1_000_000, unit: "lines" },
                "100",
                "At most so many lines of a tool, and as many again of its failures; the others are counted, in a line a minute",
            )
            .needs("logs")
            .reloads(),
            Key::new("logs_capture", Flag, "true", "Take what the program writes by `tracing` and `log`, unless it has a subscriber of its own").needs("logs"),
            Key::new("trace_events", Flag, "false", "What the program writes inside of a tool becomes an event of its span too").needs("logs").reloads(),
            Key::new(
                "logs_endpoint",
                Endpoint,
                "\"http://localhost:4318/v1/logs\"",
                "Where OTLP goes; without a path /v1/logs is added; for gRPC the default is http://localhost:4317",
            )
            .needs("logs"),
            Key::new("logs_protocol", PROTOCOL, "http", "As traces_protocol").needs("logs"),
            Key::new("logs_headers", Headers, "{}", "As traces_headers").needs("logs"),
            Key::new("logs_timeout_ms", TIMEOUT, "10000", "As traces_timeout_ms").needs("logs"),
            Key::new("logs_compression", COMPRESSION, "none", "As traces_compression").needs("logs"),
            Key::new("logs_file", File, "telemetry-logs.jsonl", "Where the exporter `file` writes OTLP/JSON lines").needs("logs"),
            Key::new("logs_console_format", Choice(&["compact", "pretty", "json"]), "", "What the exporter `console` prints of log lines; left out: compact, or json where console_format is json").needs("logs"),
            Key::new("logs_batch_delay_ms", Integer { min: 1, max: 600_000, unit: "ms" }, "1000", "A batch is sent when its first line is so old").needs("logs"),
            Key::new("logs_queue_max_bytes", QUEUE_BYTES, "16777216", "What may wait for one destination of call logs, and as much again of the program's own lines").needs("logs"),
            Key::new(
                "logs_overflow",
                Choice(&["drop_newest", "drop_oldest", "spill", "block"]),
                "drop_oldest",
                "What is dropped, and counted, when more waits; `spill` keeps it in a file, `block` lets the program's own lines wait for room",
            )
            .needs("logs"),
            Key::new("logs_spill_file", File, "telemetry-logs.spill", "With logs_overflow: spill, where lines wait that Loki or OTLP do not take; `.loki` or `.otlp` is added").needs("logs"),
            Key::new("logs_spill_max_bytes", Integer { min: 65_536, max: 1_099_511_627_776, unit: "bytes" }, "268435456", "The most that such a file takes; lines wait in it compressed").needs("logs"),
            Key::new("logs_block_timeout_ms", Integer { min: 0, max: 600_000, unit: "ms" }, "1000", "With logs_overflow: block, how long one line waits before it is dropped").needs("logs"),
        ],
    },
    Section {
        title: "Loki",
        keys: &[
            Key::new("loki_enabled", Flag, "true", "Whether log lines go to Loki where logs_exporter names nothing").needs("loki"),
            Key::new("loki_url", Url, "\"http://localhost:3100/loki/api/v1/push\"", "Where they are pushed to; without a path /loki/api/v1/push is added")
                .needs("loki")
                .of("loki_enabled"),
            Key::new(
                "loki_labels",
                Attributes,
                "{}",
                "Labels of all lines, over those that are derived; `application` (default: service_name) and `environment` also become attributes of the resource",
            )
            .of("loki_enabled"),
            Key::new("loki_headers", Headers, "{}", "As traces_headers: { X-Scope-OrgID: tenant, authorization: \"Bearer ${API_KEY}\" }; a user part in the URL is basic authentication")
                .needs("loki")
                .of("loki_enabled"),
            Key::new("loki_timeout_ms", TIMEOUT, "10000", "As traces_timeout_ms").needs("loki").of("loki_enabled"),
            Key::new("loki_compression", Choice(&["snappy", "gzip"]), "snappy", "gzip takes less room on the way and more time here").needs("loki").of("loki_enabled"),
            Key::new(
                "loki_max_streams",
                Integer { min: 1, max: 100_000, unit: "streams" },
                "1000",
                "A stream is a level of a tool; lines of tools beyond it have tool_name in the line only, and are counted",
            )
            .needs("loki")
            .of("loki_enabled"),
            Key::new(
                "loki_max_line_bytes",
                Integer { min: 4096, max: 2_097_152, unit: "bytes" },
                "262144",
                "Longer lines are cut, with a mark, and counted: what Loki's max_line_size allows",
            )
            .needs("loki")
            .of("loki_enabled"),
            Key::new("loki_client", Choice(&["builtin", "tracing-loki"]), "builtin", "What pushes; `tracing-loki`, a cargo feature of that name, is slower and can do less")
                .needs("loki")
                .of("loki_enabled"),
        ],
    },
    Section {
        title: "Servers",
        keys: &[
            Key::new(
                "tls",
                Files(&["cert_file", "key_file", "ca_file"]),
                "{}",
                "PEM files, from the working directory: cert_file and key_file of this client, ca_file to trust in place of the system's store",
            )
            .needs("tls"),
            Key::new("otlp_client", Choice(&["builtin", "opentelemetry-otlp"]), "builtin", "What sends OTLP; `opentelemetry-otlp`, a cargo feature of that name, knows protocol http only"),
        ],
    },
    Section {
        title: "Tools and calls",
        keys: &[
            Key::new("thresholds", Limits, "{}", "Milliseconds from which a call is slow, by tool, and `default`: { llm_generate: 5000, default: 3000 }").reloads(),
            Key::new(
                "tools",
                Rules,
                "{}",
                "By name or pattern (* and ?), a later one winning: { \"rag_*\": { enabled: true, sample_rate: 0.1, params_capture: none, threshold_ms: 800, drift: false } }",
            )
            .reloads(),
            Key::new("params_capture", CAPTURE, "all", "Which parameters become attributes of the span").reloads(),
            Key::new("params_max_length", Integer { min: 1, max: 65_536, unit: "characters" }, "200", "Longer values are cut").reloads(),
            Key::new(
                "params_redact",
                Texts,
                "[password, passwd, secret, token, api_key, apikey, authorization, credential, credentials, private_key, access_key, cookie]",
                "A parameter with one of these as a word of its name is [redacted]; auth_token is, max_tokens is not",
            )
            .reloads(),
            Key::new("running_after_ms", Integer { min: 1, max: 31_536_000_000, unit: "ms" }, "60000", "A call that still runs after this, and after its own threshold, is told of once, in the log and in health()").reloads(),
            Key::new("max_tools", Integer { min: 1, max: 1_000_000, unit: "tools" }, "10000", "Calls of tools beyond it count under tool.name=\"_other\""),
            Key::new("calls_queue_max_bytes", Integer { min: 65_536, max: 17_179_869_184, unit: "bytes" }, "8388608", "Finished calls of all threads that wait for the collector"),
            Key::new("otel_context", Flag, "true", "Make a tool's span current in OpenTelemetry's context, where spans are sent; off saves some 60 ns a call").needs("trace"),
            Key::new("sdk_providers", Flag, "true", "Install the OpenTelemetry SDK's global providers, so that its spans and instruments go the same way").needs("sdk"),
            Key::new("semantic_conventions", Choice(&["tool", "gen_ai"]), "tool", "`gen_ai` names and describes spans as OpenTelemetry's conventions for agents say"),
        ],
    },
    Section {
        title: "The program",
        keys: &[
            Key::new("console_format", Choice(&["text", "json"]), "text", "What the exporter `console` prints"),
            Key::new(
                "file_max_bytes",
                Integer { min: 65_536, max: 1_099_511_627_776, unit: "bytes" },
                "104857600",
                "A file of the exporter `file` that would become larger goes on as <name>.1",
            ),
            Key::new("file_max_files", Integer { min: 2, max: 1000, unit: "files" }, "2", "How many there are of one name: the one that is written, and <name>.1, <name>.2, …, the oldest last"),
            Key::new("shutdown_timeout_ms", Integer { min: 0, max: 600_000, unit: "ms" }, "5000", "What sending the rest may take when the guard is dropped"),
            Key::new("watch", Flag, "false", "Read the file again when it changes, and apply what can be changed while running").needs("yaml"),
        ],
    },
    Section {
        title: "Drift",
        keys: &[
            Key::new("drift_detection_enabled", Flag, "true", "Whether each tool is compared with what is normal for it").needs("drift").reloads(),
            Key::new("drift_threshold", CHANGE, "0.15", "The smallest change worth an event, as a share of the baseline, up or down").needs("drift").of("drift_detection_enabled").reloads(),
            Key::new("drift_false_alarms_per_day", FALSE_ALARMS, "0.1", "Events of a tool that are accepted though nothing has changed; fewer is slower").needs("drift").of("drift_detection_enabled").reloads(),
            Key::new("drift_window_size", Integer { min: 1, max: 1_000_000, unit: "calls" }, "100", "The current values come from at most so many calls since the change").needs("drift").of("drift_detection_enabled").reloads(),
            Key::new("drift_accept_after", Integer { min: 0, max: 525_600, unit: "minutes" }, "1440", "A change that has lasted so long is the new normal; 0: only when it is accepted").needs("drift").of("drift_detection_enabled").reloads(),
            Key::new("drift_season", SEASON, "auto", "A period with which durations rise and fall as a matter of course; `auto`: a day, where one is found").needs("drift").of("drift_detection_enabled").reloads(),
            Key::new("drift_max_tools", Integer { min: 1, max: 1_000_000, unit: "tools" }, "500", "Tools that are watched, up to 64 KiB each; the least recently called gives way to a new one").needs("drift").of("drift_detection_enabled"),
        ],
    },
    Section {
        title: "Store: baselines and drift events beyond the process",
        keys: &[
            Key::new("store", Choice(&["sqlite", "postgres", "none"]), "", "Where they are kept, by the cargo feature of that name; left out: postgres where there is a store_url, else sqlite where there is a configuration file or a store_file, and the feature")
                .of("drift_detection_enabled"),
            Key::new("store_file", File, "", "The SQLite database, which several processes may share; left out: telemetry.db").needs("sqlite").of("drift_detection_enabled"),
            Key::new("store_url", Database, "", "The PostgreSQL database: \"postgres://telemetry:${PASSWORD}@host:5432/telemetry\"; TLS as `tls` says, but with a near host only where the URL ends in ?sslmode=require")
                .needs("postgres")
                .of("drift_detection_enabled"),
            Key::new("store_interval_ms", Integer { min: 100, max: 86_400_000, unit: "ms" }, "10000", "From one write of what was learned to the next; events are written at once").of("drift_detection_enabled"),
            Key::new("store_timeout_ms", Integer { min: 10, max: 600_000, unit: "ms" }, "5000", "For one operation, waiting for a lock or the server included").of("drift_detection_enabled"),
            Key::new("store_queue_max_events", Integer { min: 1, max: 10_000_000, unit: "events" }, "10000", "Events that wait while the store is out of reach, some 2 KiB each; more are dropped and counted").of("drift_detection_enabled"),
            Key::new("store_retention_days", Integer { min: 0, max: 36_500, unit: "days" }, "90", "Older events are forgotten; 0: never").of("drift_detection_enabled"),
        ],
    },
];

/// 1 µs to 10 min, four a decade, and the round limits people ask for.
const DURATION_BUCKETS: &str = "[0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056, 0.1, 0.18, 0.32, 0.56, 1, 1.8, 3.2, 5.6, 10, 18, 32, 56, 100, 180, 250, 320, 500, 560, 1000, 1800, 3200, 5000, 5600, 10000, 18000, 32000, 56000, 100000, 180000, 320000, 560000, 600000]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_switches_exist() {
        let names: Vec<_> = all().map(|key| key.name).collect();
        for (index, key) in all().enumerate() {
            assert!(!names[..index].contains(&key.name), "{}", key.name);
            assert!(
                key.switch.is_none_or(|switch| find(switch).is_some()),
                "{}",
                key.name
            );
            assert!(
                !key.doc.ends_with('.') && !key.doc.is_empty(),
                "{}",
                key.name
            );
        }
    }

    /// A feature that is misspelt here would count as missing for ever.
    #[test]
    fn features_are_those_of_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        let exporters = [
            "console",
            "file",
            "prometheus",
            "zipkin",
            "sqlite",
            "postgres",
        ];
        for feature in all().filter_map(|key| key.feature).chain(exporters) {
            assert!(manifest.contains(&format!("\n{feature} = [")), "{feature}");
        }
    }
}
