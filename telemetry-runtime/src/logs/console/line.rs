//! A record for people.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::export::attributes::{find, hex, text};
use crate::export::console::{Style, escaped, escaped_whole, quoted, time};
use crate::names::attribute::{ERROR_TYPE, TOOL_NAME};
use crate::names::log::{DURATION_MS, EVENT_CALL, STATUS, TARGET};

/// Time, level, the first eight digits of the trace, tool or target, message, fields: on one line.
pub(super) fn compact(record: &LogRecord, style: Style) -> String {
    let trace = match record.trace_id.get(..4) {
        Some(trace) => hex(trace),
        None => "-".repeat(8),
    };
    let mut line = [
        style.dim(&time(record.time_unix_nano)),
        level(record, style),
        style.dim(&trace),
        style.bold(&origin(record)),
        escaped_whole(&text(record.body.as_ref())),
    ]
    .join(" ");
    for field in fields(record) {
        line.push_str(&format!(" {}={}", escaped(&field.key), shown(field)));
    }
    line.push('\n');
    line
}

/// The same on several lines, with whole ids.
pub(super) fn pretty(record: &LogRecord, style: Style) -> String {
    let mut lines = format!(
        "{} {} {}\n  {}\n",
        style.dim(&time(record.time_unix_nano)),
        level(record, style),
        style.bold(&origin(record)),
        escaped_whole(&text(record.body.as_ref())),
    );
    for field in fields(record) {
        let name = style.dim(&escaped(&field.key));
        lines.push_str(&format!("    {name}: {}\n", shown(field)));
    }
    if !record.trace_id.is_empty() {
        let ids = format!(
            "trace {} span {}",
            hex(&record.trace_id),
            hex(&record.span_id)
        );
        lines.push_str(&format!("    {}\n", style.dim(&ids)));
    }
    lines
}

fn level(record: &LogRecord, style: Style) -> String {
    let level = format!("{:<5}", escaped(&record.severity_text));
    match record.severity_number {
        17.. => style.red(&level),
        13..=16 => style.yellow(&level),
        ..=8 => style.dim(&level),
        _ => level,
    }
}

/// The tool it is of, else the module that wrote it.
fn origin(record: &LogRecord) -> String {
    let of = |key| find(&record.attributes, key).map(|value| text(Some(value)));
    escaped(&of(TOOL_NAME).or_else(|| of(TARGET)).unwrap_or_default())
}

/// What the line does not show elsewhere. Of a call the message says how it ended.
fn fields(record: &LogRecord) -> impl Iterator<Item = &KeyValue> {
    let is_call = record.event_name == EVENT_CALL;
    record.attributes.iter().filter(move |field| {
        let key = field.key.as_str();
        let said = matches!(key, DURATION_MS | STATUS | ERROR_TYPE);
        !(matches!(key, TOOL_NAME | TARGET) || (is_call && said))
    })
}

fn shown(field: &KeyValue) -> String {
    let value = field.value.as_ref();
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => quoted(text),
        _ => escaped(&text(value)),
    }
}
