//! A record as a line of JSON.

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Value, json};

use crate::export::attributes::{hex, object, text};
use crate::export::console;
use crate::names::attribute::{ERROR_TYPE, TOOL_NAME};
use crate::names::log;

/// One object with the names that lines in Loki have, and `time` (RFC 3339, UTC): `message`, `level`,
/// and where there are such `tool_name`, `trace_id`, `span_id`, `duration_ms`, `status`,
/// `error_type`; then the other fields.
pub(super) fn of(record: &LogRecord) -> String {
    let mut fields = object(&record.attributes);
    let id = |id: &[u8]| (!id.is_empty()).then(|| json!(hex(id)));
    let known = [
        ("time", Some(json!(console::time(record.time_unix_nano)))),
        (log::LEVEL, Some(json!(record.severity_text))),
        (log::MESSAGE, Some(json!(text(record.body.as_ref())))),
        (log::TOOL_NAME, fields.remove(TOOL_NAME)),
        (log::TRACE_ID, id(&record.trace_id)),
        (log::SPAN_ID, id(&record.span_id)),
        (log::DURATION_MS, fields.remove(log::DURATION_MS)),
        (log::STATUS, fields.remove(log::STATUS)),
        (log::ERROR_TYPE, fields.remove(ERROR_TYPE)),
    ];
    let mut line: Vec<(&str, Value)> = known
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let others = fields.iter().filter(|(name, _)| *name != "time");
    line.extend(others.map(|(name, value)| (name.as_str(), value.clone())));
    console::line(&line)
}
