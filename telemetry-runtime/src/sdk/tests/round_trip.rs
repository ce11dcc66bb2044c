//! `SpanData` to OTLP and back.

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Wire;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status as WireStatus,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use telemetry_fuzz::{Inputs, fuzz};

use super::{a_plain_span, a_resource, a_span};
use crate::export::Signal;
use crate::sdk::decode;
use crate::sdk::spans::encode;

fn there_and_back(spans: Vec<SpanData>, resource: &Resource) -> (Vec<SpanData>, Resource) {
    let items = spans.len() as u64;
    let batch = encode(spans, &resource.into());
    assert_eq!((batch.signal, batch.items), (Signal::Traces, items));
    let mut request = ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap();
    let spans = request.resource_spans.remove(0);
    let resource = decode::resource(&spans);
    (decode::spans(spans), resource)
}

#[test]
fn every_field_survives() {
    let spans = vec![a_span(1), a_plain_span(2)];
    let (back, resource) = there_and_back(spans.clone(), &a_resource());
    assert_eq!(back, spans);
    assert_eq!(resource, a_resource());
}

#[test]
fn every_kind_and_status_survives() {
    let kinds = [
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
        SpanKind::Internal,
    ];
    for kind in kinds {
        for status in [
            Status::Unset,
            Status::Ok,
            Status::error(""),
            Status::error("why"),
        ] {
            let span = SpanData {
                span_kind: kind.clone(),
                status,
                ..a_plain_span(3)
            };
            assert_eq!(there_and_back(vec![span.clone()], &a_resource()).0, [span]);
        }
    }
}

#[test]
fn scopes_and_the_schema_of_the_resource_survive() {
    let bare = InstrumentationScope::builder("bare").build();
    let spans = vec![
        a_plain_span(1),
        SpanData {
            instrumentation_scope: bare.clone(),
            ..a_plain_span(2)
        },
    ];
    let resource = Resource::builder_empty()
        .with_schema_url(
            [opentelemetry::KeyValue::new("a", 1)],
            "https://example.com/resource",
        )
        .build();
    let (back, decoded) = there_and_back(spans.clone(), &resource);
    assert_eq!(back, spans);
    assert_eq!(decoded, resource);
    assert_eq!(decoded.schema_url(), Some("https://example.com/resource"));
}

fn attribute(value: Option<Wire>) -> KeyValue {
    KeyValue {
        key: "k".to_owned(),
        value: Some(AnyValue { value }),
        key_strindex: 0,
    }
}

fn array(values: Vec<Wire>) -> Option<Wire> {
    let values = values
        .into_iter()
        .map(|value| AnyValue { value: Some(value) })
        .collect();
    Some(Wire::ArrayValue(ArrayValue { values }))
}

#[test]
fn values_without_a_type_in_the_sdk_are_counted_as_dropped() {
    let span = Span {
        dropped_attributes_count: 1,
        attributes: vec![
            attribute(Some(Wire::IntValue(1))),
            attribute(None),
            KeyValue::default(),
            attribute(Some(Wire::BytesValue(vec![1]))),
            attribute(Some(Wire::KvlistValue(KeyValueList::default()))),
            attribute(array(vec![Wire::IntValue(1), Wire::BoolValue(true)])),
            attribute(array(vec![array(vec![]).unwrap()])),
        ],
        ..Span::default()
    };
    let [span] = &decode::spans(resource_spans(span))[..] else {
        panic!("one span")
    };
    assert_eq!(span.attributes, [opentelemetry::KeyValue::new("k", 1)]);
    assert_eq!(span.dropped_attributes_count, 1 + 6);
}

#[test]
fn nonsense_becomes_a_span_without_ids() {
    let span = Span {
        trace_id: vec![1; 15],
        span_id: vec![1; 9],
        parent_span_id: vec![1; 400],
        trace_state: "===,,\u{0}".to_owned(),
        kind: -4,
        start_time_unix_nano: u64::MAX,
        flags: u32::MAX,
        dropped_attributes_count: u32::MAX,
        attributes: vec![attribute(None)],
        status: Some(WireStatus {
            code: 99,
            message: "odd".to_owned(),
        }),
        ..Span::default()
    };
    let [span] = &decode::spans(resource_spans(span))[..] else {
        panic!("one span")
    };
    assert_eq!(span.span_context.trace_id(), TraceId::INVALID);
    assert_eq!(span.span_context.span_id(), SpanId::INVALID);
    assert_eq!(span.parent_span_id, SpanId::INVALID);
    assert_eq!(span.span_kind, SpanKind::Internal);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(span.dropped_attributes_count, u32::MAX);
}

fn resource_spans(span: Span) -> ResourceSpans {
    let scope_spans = vec![ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    }];
    ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }
}

/// Every byte of a real batch overwritten in turn, and every prefix of it.
#[test]
fn damaged_batches_do_no_harm() {
    let body = encode(vec![a_span(1)], &(&a_resource()).into()).body;
    for at in 0..body.len() {
        try_to_decode(&body[..at]);
        for byte in [0, 0x0a, 0x7f, 0x80, 0xff] {
            let mut damaged = body.clone();
            damaged[at] = byte;
            try_to_decode(&damaged);
        }
    }
}

fn try_to_decode(body: &[u8]) {
    if let Ok(request) = ExportTraceServiceRequest::decode(body) {
        for spans in request.resource_spans {
            let _ = decode::resource(&spans);
            let _ = decode::spans(spans);
        }
    }
}

/// What any batch holds comes to a user's exporter, and from there is a batch again.
#[test]
fn fuzz_batches_as_span_data() {
    let whole = encode(vec![a_span(1), a_plain_span(2)], &(&a_resource()).into()).body;
    let inputs = Inputs {
        seeds: &[&whole],
        words: &[
            "service.name",
            "vendor=v1,other=2",
            "\x0a\x00",
            "\x12\x02",
            "\x2a\x02",
        ],
    };
    let tried = fuzz("spans as SpanData", inputs, |body| {
        let request = ExportTraceServiceRequest::decode(body).ok()?;
        let mut became = 0;
        for spans in request.resource_spans {
            let resource = decode::resource(&spans);
            let spans = decode::spans(spans);
            let (back, _) = match spans.len() {
                0 => continue,
                _ => there_and_back(spans.clone(), &resource),
            };
            assert_eq!(back.len(), spans.len());
            became += spans
                .iter()
                .map(|span| 1 + span.attributes.len())
                .sum::<usize>();
        }
        Some(became)
    });
    assert!(tried.became.len() > 5, "{tried}");
}
