//! An encoded batch as the SDK's `SpanData` again, for exporters that take nothing else.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Wire;
use opentelemetry_proto::tonic::trace::v1 as wire;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, SpanFlags, status};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// What its spans have in common.
pub(super) fn resource(spans: &ResourceSpans) -> Resource {
    let attributes = spans
        .resource
        .as_ref()
        .map_or(&[][..], |resource| &resource.attributes);
    let (attributes, _) = key_values(attributes.to_vec());
    let builder = Resource::builder_empty();
    if spans.schema_url.is_empty() {
        builder.with_attributes(attributes).build()
    } else {
        builder
            .with_schema_url(attributes, spans.schema_url.clone())
            .build()
    }
}

/// All spans of one resource. Ids of a wrong length become invalid ones; values the SDK
/// has no type for (bytes, maps, mixed or nested arrays) are left out and counted as dropped.
pub(super) fn spans(spans: ResourceSpans) -> Vec<SpanData> {
    spans
        .scope_spans
        .into_iter()
        .flat_map(scope_spans)
        .collect()
}

fn scope_spans(spans: ScopeSpans) -> impl Iterator<Item = SpanData> {
    let scope = scope(spans.scope.unwrap_or_default(), spans.schema_url);
    spans
        .spans
        .into_iter()
        .map(move |wire| span(wire, scope.clone()))
}

fn scope(scope: common::InstrumentationScope, schema_url: String) -> InstrumentationScope {
    let (attributes, _) = key_values(scope.attributes);
    let mut builder = InstrumentationScope::builder(scope.name).with_attributes(attributes);
    if !scope.version.is_empty() {
        builder = builder.with_version(scope.version);
    }
    if !schema_url.is_empty() {
        builder = builder.with_schema_url(schema_url);
    }
    builder.build()
}

fn span(span: wire::Span, instrumentation_scope: InstrumentationScope) -> SpanData {
    let (attributes, lost) = key_values(span.attributes);
    let mut events = SpanEvents::default();
    events.events = span.events.into_iter().map(event).collect();
    events.dropped_count = span.dropped_events_count;
    let mut links = SpanLinks::default();
    links.links = span.links.into_iter().map(link).collect();
    links.dropped_count = span.dropped_links_count;
    SpanData {
        span_context: SpanContext::new(
            trace_id(&span.trace_id),
            span_id(&span.span_id),
            trace_flags(span.flags),
            false,
            trace_state(&span.trace_state),
        ),
        parent_span_id: span_id(&span.parent_span_id),
        parent_span_is_remote: is_remote(span.flags),
        span_kind: kind(span.kind),
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes,
        dropped_attributes_count: span.dropped_attributes_count.saturating_add(lost),
        events,
        links,
        status: status(span.status.unwrap_or_default()),
        instrumentation_scope,
    }
}

fn event(event: wire::span::Event) -> Event {
    let (attributes, lost) = key_values(event.attributes);
    let dropped = event.dropped_attributes_count.saturating_add(lost);
    Event::new(event.name, time(event.time_unix_nano), attributes, dropped)
}

fn link(link: wire::span::Link) -> Link {
    let context = SpanContext::new(
        trace_id(&link.trace_id),
        span_id(&link.span_id),
        trace_flags(link.flags),
        is_remote(link.flags),
        trace_state(&link.trace_state),
    );
    let (attributes, lost) = key_values(link.attributes);
    Link::new(
        context,
        attributes,
        link.dropped_attributes_count.saturating_add(lost),
    )
}

fn status(status: wire::Status) -> Status {
    match status.code() {
        status::StatusCode::Unset => Status::Unset,
        status::StatusCode::Ok => Status::Ok,
        status::StatusCode::Error => Status::error(status.message),
    }
}

fn kind(kind: i32) -> SpanKind {
    match wire::span::SpanKind::try_from(kind) {
        Ok(wire::span::SpanKind::Server) => SpanKind::Server,
        Ok(wire::span::SpanKind::Client) => SpanKind::Client,
        Ok(wire::span::SpanKind::Producer) => SpanKind::Producer,
        Ok(wire::span::SpanKind::Consumer) => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn trace_id(bytes: &[u8]) -> TraceId {
    bytes
        .try_into()
        .map_or(TraceId::INVALID, TraceId::from_bytes)
}

fn span_id(bytes: &[u8]) -> SpanId {
    bytes.try_into().map_or(SpanId::INVALID, SpanId::from_bytes)
}

fn trace_state(header: &str) -> TraceState {
    header.parse().unwrap_or_default()
}

/// The low byte; the bits above it are OTLP's own.
fn trace_flags(flags: u32) -> TraceFlags {
    TraceFlags::new((flags & SpanFlags::TraceFlagsMask as u32) as u8)
}

fn is_remote(flags: u32) -> bool {
    flags & SpanFlags::ContextIsRemoteMask as u32 != 0
}

fn time(unix_nano: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_nanos(unix_nano))
        .unwrap_or(UNIX_EPOCH)
}

/// And how many had a value that the SDK has no type for.
fn key_values(attributes: Vec<common::KeyValue>) -> (Vec<KeyValue>, u32) {
    let all = attributes.len();
    let kept: Vec<_> = attributes.into_iter().filter_map(key_value).collect();
    let lost = u32::try_from(all - kept.len()).unwrap_or(u32::MAX);
    (kept, lost)
}

fn key_value(attribute: common::KeyValue) -> Option<KeyValue> {
    let value = value(attribute.value?.value?)?;
    Some(KeyValue::new(Key::new(attribute.key), value))
}

fn value(value: Wire) -> Option<Value> {
    match value {
        Wire::StringValue(value) => Some(value.into()),
        Wire::BoolValue(value) => Some(value.into()),
        Wire::IntValue(value) => Some(value.into()),
        Wire::DoubleValue(value) => Some(value.into()),
        Wire::ArrayValue(array) => array_value(array.values).map(Value::Array),
        Wire::KvlistValue(_) | Wire::BytesValue(_) | Wire::StringValueStrindex(_) => None,
    }
}

/// The first element says which type all must have. Of an empty array nobody knows.
fn array_value(values: Vec<common::AnyValue>) -> Option<Array> {
    let values: Vec<Wire> = values
        .into_iter()
        .map(|value| value.value)
        .collect::<Option<_>>()?;
    match values.first() {
        Some(Wire::BoolValue(_)) => typed(values, |value| match value {
            Wire::BoolValue(value) => Some(value),
            _ => None,
        }),
        Some(Wire::IntValue(_)) => typed(values, |value| match value {
            Wire::IntValue(value) => Some(value),
            _ => None,
        }),
        Some(Wire::DoubleValue(_)) => typed(values, |value| match value {
            Wire::DoubleValue(value) => Some(value),
            _ => None,
        }),
        Some(Wire::StringValue(_)) => typed(values, |value| match value {
            Wire::StringValue(value) => Some(StringValue::from(value)),
            _ => None,
        }),
        None => Some(Array::String(Vec::new())),
        Some(_) => None,
    }
}

fn typed<T>(values: Vec<Wire>, value: fn(Wire) -> Option<T>) -> Option<Array>
where
    Array: From<Vec<T>>,
{
    values
        .into_iter()
        .map(value)
        .collect::<Option<Vec<T>>>()
        .map(Array::from)
}
