//! The variables of OpenTelemetry's specification that have a meaning here.

mod values;

use super::check::Checked;
use super::environment::{Environment, Held};
use super::keys;
use super::layers::{Layer, Scope};
use super::node::{Content, Node, Place};
use values::Value;

/// The one that the path of the signal is added to, for HTTP.
pub(crate) const GENERAL_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// A variable and the keys that it says.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [&'static str],
    scope: Scope,
    read: fn(&str) -> Value,
    /// A wrong value is an error; the specification wants most of them ignored with a warning.
    strict: bool,
}

const fn lenient(
    name: &'static str,
    keys: &'static [&'static str],
    scope: Scope,
    read: fn(&str) -> Value,
) -> Variable {
    Variable {
        name,
        keys,
        scope,
        read,
        strict: false,
    }
}

/// Where telemetry goes, and with which keys: nothing to guess about.
const fn strict(
    name: &'static str,
    keys: &'static [&'static str],
    scope: Scope,
    read: fn(&str) -> Value,
) -> Variable {
    Variable {
        name,
        keys,
        scope,
        read,
        strict: true,
    }
}

use Scope::{All, Otlp, OtlpLogs, OtlpMetrics, OtlpTraces, Zipkin};
use values::{attributes, compression, disabled, exporters, headers, plain, protocol, temporality};

/// What is general before what is particular, which wins.
pub(crate) static VARIABLES: &[Variable] = &[
    lenient("OTEL_SDK_DISABLED", &["enabled"], All, disabled),
    lenient("OTEL_RESOURCE_ATTRIBUTES", &["resource"], All, attributes),
    lenient("OTEL_SERVICE_NAME", &["service_name"], All, plain),
    lenient("RUST_LOG", &["log_filter"], All, plain),
    lenient("OTEL_TRACES_EXPORTER", &["traces_exporter"], All, exporters),
    lenient(
        "OTEL_METRICS_EXPORTER",
        &["metrics_exporter"],
        All,
        exporters,
    ),
    lenient("OTEL_LOGS_EXPORTER", &["logs_exporter"], All, exporters),
    strict(
        GENERAL_ENDPOINT,
        &["traces_endpoint", "metrics_endpoint", "logs_endpoint"],
        Otlp,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        &["traces_endpoint"],
        OtlpTraces,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        &["metrics_endpoint"],
        OtlpMetrics,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        &["logs_endpoint"],
        OtlpLogs,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        &["traces_protocol", "metrics_protocol", "logs_protocol"],
        Otlp,
        protocol,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        &["traces_protocol"],
        OtlpTraces,
        protocol,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
        &["metrics_protocol"],
        OtlpMetrics,
        protocol,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        &["logs_protocol"],
        OtlpLogs,
        protocol,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_HEADERS",
        &["traces_headers", "metrics_headers", "logs_headers"],
        Otlp,
        headers,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        &["traces_headers"],
        OtlpTraces,
        headers,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
        &["metrics_headers"],
        OtlpMetrics,
        headers,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
        &["logs_headers"],
        OtlpLogs,
        headers,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        &["traces_timeout_ms", "metrics_timeout_ms", "logs_timeout_ms"],
        Otlp,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        &["traces_timeout_ms"],
        OtlpTraces,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        &["metrics_timeout_ms"],
        OtlpMetrics,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
        &["logs_timeout_ms"],
        OtlpLogs,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        &[
            "traces_compression",
            "metrics_compression",
            "logs_compression",
        ],
        Otlp,
        compression,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        &["traces_compression"],
        OtlpTraces,
        compression,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
        &["metrics_compression"],
        OtlpMetrics,
        compression,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
        &["logs_compression"],
        OtlpLogs,
        compression,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        &["tls.ca_file"],
        Otlp,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        &["tls.ca_file"],
        OtlpTraces,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
        &["tls.ca_file"],
        OtlpMetrics,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
        &["tls.ca_file"],
        OtlpLogs,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        &["tls.cert_file"],
        Otlp,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        &["tls.cert_file"],
        OtlpTraces,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
        &["tls.cert_file"],
        OtlpMetrics,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
        &["tls.cert_file"],
        OtlpLogs,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        &["tls.key_file"],
        Otlp,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
        &["tls.key_file"],
        OtlpTraces,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
        &["tls.key_file"],
        OtlpMetrics,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
        &["tls.key_file"],
        OtlpLogs,
        plain,
    ),
    strict(
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        &["traces_endpoint"],
        Zipkin,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
        &["traces_timeout_ms"],
        Zipkin,
        plain,
    ),
    lenient(
        "OTEL_METRIC_EXPORT_INTERVAL",
        &["metrics_export_interval_ms"],
        All,
        plain,
    ),
    lenient(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        &["metrics_temporality"],
        All,
        temporality,
    ),
    lenient(
        "OTEL_BSP_SCHEDULE_DELAY",
        &["traces_batch_delay_ms"],
        All,
        plain,
    ),
    lenient(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        &["traces_batch_max_spans"],
        All,
        plain,
    ),
    lenient(
        "OTEL_BLRP_SCHEDULE_DELAY",
        &["logs_batch_delay_ms"],
        All,
        plain,
    ),
    lenient(SAMPLER, &["traces_sample_rate"], All, plain),
    lenient(
        "OTEL_TRACES_SAMPLER_ARG",
        &["traces_sample_rate"],
        All,
        |_| Value::Nothing,
    ),
    lenient(PROMETHEUS_HOST, &["prometheus_listen"], All, plain),
    lenient(PROMETHEUS_PORT, &["prometheus_listen"], All, |_| {
        Value::Nothing
    }),
];

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const PROMETHEUS_HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PROMETHEUS_PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
/// Set by people who expect something of them that cannot be had.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "the queue is bounded in bytes, see traces_queue_max_bytes",
    ),
    (
        "OTEL_BLRP_MAX_QUEUE_SIZE",
        "the queue is bounded in bytes, see logs_queue_max_bytes",
    ),
    ("OTEL_BLRP_EXPORT_TIMEOUT", "see logs_timeout_ms"),
    ("OTEL_BSP_EXPORT_TIMEOUT", "see traces_timeout_ms"),
    ("OTEL_METRIC_EXPORT_TIMEOUT", "see metrics_timeout_ms"),
    (
        "OTEL_EXPORTER_OTLP_INSECURE",
        "write http:// or https:// in the endpoint",
    ),
];

/// Their settings into `checked`; one line for each that is ignored into `notices`.
pub(crate) fn read(environment: &Environment, checked: &mut Checked, notices: &mut Vec<String>) {
    for variable in VARIABLES {
        if environment.get(variable.name) == Held::Bytes {
            notices.push(format!(
                "{}: found bytes that are not UTF-8; ignored",
                variable.name
            ));
        }
        let value = match variable.name {
            SAMPLER => environment.text(SAMPLER).map(|sampler| {
                values::sampler(sampler, environment.text("OTEL_TRACES_SAMPLER_ARG"))
            }),
            PROMETHEUS_HOST => values::listen(
                environment.text(PROMETHEUS_HOST),
                environment.text(PROMETHEUS_PORT),
            ),
            name => environment.text(name).map(variable.read),
        };
        match value {
            Some(value) => variable.apply(value, checked, notices),
            None => continue,
        }
    }
    for (name, remedy) in WITHOUT_EFFECT {
        if environment.text(name).is_some() {
            notices.push(format!("{name} has no effect; {remedy}"));
        }
    }
}

impl Variable {
    fn apply(&self, value: Value, checked: &mut Checked, notices: &mut Vec<String>) {
        let place = Place::variable(self.name);
        let node = match value {
            Value::Nothing => return,
            Value::Plain(text) => Node::plain(text, place),
            Value::List(items) => Node::list(
                items
                    .into_iter()
                    .map(|item| Node::plain(item, place.clone()))
                    .collect(),
                place,
            ),
            Value::Map(entries) => values::map(entries, place),
            Value::Unknown(why) => return notices.push(format!("{}: {why}; ignored", self.name)),
            Value::Changed(text, why) => {
                notices.push(format!("{}: {why}", self.name));
                Node::plain(text, place)
            }
        };
        for name in self.keys {
            let (name, node) = match name.split_once('.') {
                Some((map, entry)) => (
                    map,
                    values::map(vec![(entry.to_owned(), text_of(&node))], node.place.clone()),
                ),
                None => (*name, node.clone()),
            };
            let Some(key) = keys::find(name) else {
                continue;
            };
            let mut outcome = Checked::default();
            outcome.key_as(key, &node, Layer::OpenTelemetry, self.scope);
            checked.settings.append(&mut outcome.settings);
            if self.strict {
                checked.faults.append(&mut outcome.faults);
            } else {
                notices.extend(
                    outcome
                        .faults
                        .iter()
                        .map(|fault| format!("{fault}; ignored")),
                );
            }
        }
    }
}

fn text_of(node: &Node) -> String {
    match &node.content {
        Content::Scalar { text, .. } => text.clone(),
        _ => String::new(),
    }
}
