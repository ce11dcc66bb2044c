//! One span as Zipkin has it, by OpenTelemetry's mapping
//! (<https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>). Links have no place there.

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Map, Value, json};

use crate::export::attributes::{find, hex, object, text};
use crate::names::resource::SERVICE_NAME;

/// Where the name of the other side stands, best first.
const PEER: [&str; 4] = [
    "peer.service",
    "server.address",
    "net.peer.name",
    "network.peer.address",
];

/// Trace and span id are of the right length, and not zero.
pub(super) fn has_ids(span: &Span) -> bool {
    is_id(&span.trace_id, 16) && is_id(&span.span_id, 8)
}

fn is_id(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}

/// Times are in microseconds; a duration is 1 at least, since Zipkin takes 0 as unknown.
pub(super) fn of(
    span: &Span,
    scope: Option<&InstrumentationScope>,
    resource: Option<&Resource>,
) -> Value {
    let nanoseconds = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    let mut out = Map::new();
    out.insert("traceId".to_owned(), json!(hex(&span.trace_id)));
    out.insert("id".to_owned(), json!(hex(&span.span_id)));
    if is_id(&span.parent_span_id, 8) {
        out.insert("parentId".to_owned(), json!(hex(&span.parent_span_id)));
    }
    out.insert("name".to_owned(), json!(span.name));
    if let Some(kind) = kind(span.kind()) {
        out.insert("kind".to_owned(), json!(kind));
    }
    out.insert(
        "timestamp".to_owned(),
        json!(span.start_time_unix_nano / 1000),
    );
    out.insert("duration".to_owned(), json!((nanoseconds / 1000).max(1)));
    if let Some(local) =
        resource.and_then(|resource| endpoint(&resource.attributes, &[SERVICE_NAME]))
    {
        out.insert("localEndpoint".to_owned(), local);
    }
    if matches!(span.kind(), SpanKind::Client | SpanKind::Producer)
        && let Some(remote) = endpoint(&span.attributes, &PEER)
    {
        out.insert("remoteEndpoint".to_owned(), remote);
    }
    if !span.events.is_empty() {
        out.insert(
            "annotations".to_owned(),
            span.events.iter().map(annotation).collect(),
        );
    }
    out.insert("tags".to_owned(), Value::Object(tags(span, scope)));
    Value::Object(out)
}

fn kind(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => None,
        SpanKind::Server => Some("SERVER"),
        SpanKind::Client => Some("CLIENT"),
        SpanKind::Producer => Some("PRODUCER"),
        SpanKind::Consumer => Some("CONSUMER"),
    }
}

fn endpoint(attributes: &[KeyValue], keys: &[&str]) -> Option<Value> {
    let name = keys.iter().find_map(|key| find(attributes, key))?;
    Some(json!({ "serviceName": text(Some(name)) }))
}

/// The event's name, followed by its attributes where it has any.
fn annotation(event: &Event) -> Value {
    let value = if event.attributes.is_empty() {
        event.name.clone()
    } else {
        format!(
            "{}:{}",
            json!(event.name),
            Value::Object(object(&event.attributes))
        )
    };
    json!({ "timestamp": event.time_unix_nano / 1000, "value": value })
}

/// All values are strings there. `error` is Zipkin's mark of a failed span, whatever its
/// value, and so only a span whose status says so may have it.
fn tags(span: &Span, scope: Option<&InstrumentationScope>) -> Map<String, Value> {
    let mut tags = Map::new();
    for attribute in span
        .attributes
        .iter()
        .filter(|attribute| attribute.key != "error")
    {
        tags.insert(attribute.key.clone(), json!(text(attribute.value.as_ref())));
    }
    if let Some(scope) = scope {
        let named = [
            ("otel.scope.name", &scope.name),
            ("otel.scope.version", &scope.version),
        ];
        for (tag, value) in named.into_iter().filter(|(_, value)| !value.is_empty()) {
            tags.insert(tag.to_owned(), json!(value));
        }
    }
    let Some(status) = &span.status else {
        return tags;
    };
    match status.code() {
        StatusCode::Unset => {}
        StatusCode::Ok => {
            tags.insert("otel.status_code".to_owned(), json!("OK"));
        }
        StatusCode::Error => {
            tags.insert("otel.status_code".to_owned(), json!("ERROR"));
            tags.insert("error".to_owned(), json!(status.message));
        }
    }
    tags
}
