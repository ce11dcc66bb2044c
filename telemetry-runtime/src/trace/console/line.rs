//! A span as a line for people.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use crate::export::attributes::{find, hex, text};
use crate::export::console::{Style, duration, escaped, quoted, time};
use crate::names::attribute;

/// What the line shows elsewhere, or what only machines want to know.
const HIDDEN: [&str; 12] = [
    attribute::TOOL_NAME,
    attribute::TOOL_STATUS,
    attribute::TOOL_DURATION_MS,
    attribute::TOOL_PARAMS_COUNT,
    attribute::CODE_FUNCTION_NAME,
    attribute::CODE_FILE_PATH,
    attribute::CODE_LINE_NUMBER,
    attribute::ERROR_TYPE,
    attribute::ERROR_MESSAGE,
    attribute::GEN_AI_OPERATION_NAME,
    attribute::GEN_AI_TOOL_NAME,
    attribute::GEN_AI_TOOL_CALL_ID,
];

/// Start, trace, parent and span (the first eight digits), duration, status, the call with
/// its parameters, attributes, events, error.
pub(super) fn of(span: &Span, style: Style) -> String {
    let nanoseconds = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    let took = format!("{:>8}", duration(nanoseconds as f64));
    let slow = matches!(
        value(span, attribute::TOOL_SLOW),
        Some(Any::BoolValue(true))
    );
    let mut line = [
        style.dim(&time(span.start_time_unix_nano)),
        style.dim(&ids(span)),
        if slow { style.yellow(&took) } else { took },
        painted_status(span, style),
        call(span, style),
    ]
    .join(" ");
    for attribute in span
        .attributes
        .iter()
        .filter(|attribute| is_shown(&attribute.key))
    {
        line.push(' ');
        line.push_str(&pair(&attribute.key, attribute));
    }
    for event in &span.events {
        let attributes: Vec<_> = event
            .attributes
            .iter()
            .map(|attribute| pair(&attribute.key, attribute))
            .collect();
        line.push_str(&format!(
            " !{}({})",
            escaped(&event.name),
            attributes.join(", ")
        ));
    }
    if let Some(error) = error(span) {
        line.push(' ');
        line.push_str(&style.red(&error));
    }
    line.push('\n');
    line
}

/// `tool.status`, else OpenTelemetry's.
pub(super) fn status(span: &Span) -> &str {
    match (value(span, attribute::TOOL_STATUS), code(span)) {
        (Some(Any::StringValue(status)), _) => status,
        (_, StatusCode::Unset) => "unset",
        (_, StatusCode::Ok) => "ok",
        (_, StatusCode::Error) => "error",
    }
}

fn ids(span: &Span) -> String {
    let parent = match span.parent_span_id.as_slice() {
        [] => "root".to_owned(),
        parent => short(parent),
    };
    format!(
        "{} {parent:>8}>{}",
        short(&span.trace_id),
        short(&span.span_id)
    )
}

fn short(id: &[u8]) -> String {
    hex(id.get(..4).unwrap_or(id))
}

fn painted_status(span: &Span, style: Style) -> String {
    let status = format!("{:<9}", escaped(status(span)));
    match code(span) {
        StatusCode::Error => style.red(&status),
        StatusCode::Ok | StatusCode::Unset => status,
    }
}

/// The name, and the parameters of a tool.
fn call(span: &Span, style: Style) -> String {
    let name = style.bold(&escaped(&span.name));
    if value(span, attribute::TOOL_NAME).is_none() {
        return name;
    }
    let params: Vec<_> = span
        .attributes
        .iter()
        .filter_map(|attribute| {
            let key = attribute.key.strip_prefix(attribute::TOOL_PARAM_PREFIX)?;
            Some(pair(key, attribute))
        })
        .collect();
    format!("{name}({})", params.join(", "))
}

fn is_shown(key: &str) -> bool {
    !HIDDEN.contains(&key) && !key.starts_with(attribute::TOOL_PARAM_PREFIX)
}

fn pair(key: &str, attribute: &KeyValue) -> String {
    format!("{}={}", escaped(key), shown(attribute.value.as_ref()))
}

fn shown(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => quoted(text),
        _ => escaped(&text(value)),
    }
}

/// Type and message of a failure, and where the function stands.
fn error(span: &Span) -> Option<String> {
    let kind = find(&span.attributes, attribute::ERROR_TYPE).map(|kind| text(Some(kind)));
    if kind.is_none() && code(span) != StatusCode::Error {
        return None;
    }
    let message = match find(&span.attributes, attribute::ERROR_MESSAGE) {
        Some(message) => text(Some(message)),
        None => span
            .status
            .as_ref()
            .map(|status| status.message.clone())
            .unwrap_or_default(),
    };
    let parts = [kind.unwrap_or_default(), message];
    let said: Vec<_> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| escaped(part))
        .collect();
    let place = place(span)
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    Some(format!("{}{place}", said.join(": ")))
}

fn place(span: &Span) -> Option<String> {
    let path = find(&span.attributes, attribute::CODE_FILE_PATH)?;
    let line = find(&span.attributes, attribute::CODE_LINE_NUMBER)?;
    Some(escaped(&format!(
        "{}:{}",
        text(Some(path)),
        text(Some(line))
    )))
}

fn value<'a>(span: &'a Span, key: &str) -> Option<&'a Any> {
    find(&span.attributes, key)?.value.as_ref()
}

fn code(span: &Span) -> StatusCode {
    span.status
        .as_ref()
        .map_or(StatusCode::Unset, |status| status.code())
}
