//! A span as a line of JSON.

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use serde_json::{Value, json};

use super::line::status;
use crate::export::attributes::{find, hex, object, text};
use crate::export::console;
use crate::names::resource::SERVICE_NAME;

/// One object, always with the same fields:
///
/// | field | |
/// |---|---|
/// | `trace_id`, `span_id` | hexadecimal |
/// | `parent_span_id` | the same, `null` for a root |
/// | `name`, `scope`, `service` | the span's, its instrumentation scope's, its service's |
/// | `kind` | `internal`, `server`, `client`, `producer`, `consumer` |
/// | `start` | RFC 3339, UTC |
/// | `duration_ms` | a number |
/// | `status` | `success`, `error`, `panic`, `cancelled`; of spans that are no tools `unset`, `ok`, `error` |
/// | `message` | what the status says, or `null` |
/// | `attributes` | an object: names and values |
/// | `events` | `name`, `time`, `attributes` of each |
/// | `links` | `trace_id`, `span_id`, `attributes` of each |
pub(super) fn of(
    span: &Span,
    scope: Option<&InstrumentationScope>,
    resource: Option<&Resource>,
) -> String {
    let nanoseconds = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    let message = span
        .status
        .as_ref()
        .map(|status| &status.message)
        .filter(|message| !message.is_empty());
    console::line(&[
        ("trace_id", json!(hex(&span.trace_id))),
        ("span_id", json!(hex(&span.span_id))),
        ("parent_span_id", json!(parent(span))),
        ("name", json!(span.name)),
        ("scope", json!(scope.map(|scope| &scope.name))),
        (
            "service",
            json!(resource.and_then(|resource| service(&resource.attributes))),
        ),
        ("kind", json!(kind(span.kind()))),
        ("start", json!(console::time(span.start_time_unix_nano))),
        ("duration_ms", json!(nanoseconds as f64 / 1e6)),
        ("status", json!(status(span))),
        ("message", json!(message)),
        ("attributes", Value::Object(object(&span.attributes))),
        ("events", span.events.iter().map(event).collect()),
        ("links", span.links.iter().map(link).collect()),
    ])
}

fn parent(span: &Span) -> Option<String> {
    (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id))
}

fn service(attributes: &[KeyValue]) -> Option<String> {
    find(attributes, SERVICE_NAME).map(|name| text(Some(name)))
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn event(event: &Event) -> Value {
    json!({
        "name": event.name,
        "time": console::time(event.time_unix_nano),
        "attributes": object(&event.attributes),
    })
}

fn link(link: &Link) -> Value {
    json!({
        "trace_id": hex(&link.trace_id),
        "span_id": hex(&link.span_id),
        "attributes": object(&link.attributes),
    })
}
