//! Batches for the tests of exporters.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

use super::{Batch, Lane, Signal};
use crate::names::SCOPE;

/// 12.3 ms from 2023-11-14T22:13:20.123Z on.
pub(crate) fn tool() -> Span {
    Span {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128
            .to_be_bytes()
            .to_vec(),
        span_id: 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes().to_vec(),
        name: "tool.load".to_owned(),
        kind: 1,
        start_time_unix_nano: 1_700_000_000_123_456_789,
        end_time_unix_nano: 1_700_000_000_135_802_467,
        attributes: vec![
            string("tool.name", "load"),
            string("tool.param.path", "a.rs"),
            attribute("tool.param.n", Any::IntValue(3)),
            string("tool.status", "success"),
            attribute("result.count", Any::IntValue(4)),
        ],
        ..Span::default()
    }
}

/// A child of [`tool`], 250 µs.
pub(crate) fn failed_tool() -> Span {
    let parent = tool();
    Span {
        trace_id: parent.trace_id,
        span_id: 0x5399_5c3f_42cd_8ad8_u64.to_be_bytes().to_vec(),
        parent_span_id: parent.span_id,
        name: "tool.parse".to_owned(),
        kind: 1,
        start_time_unix_nano: 1_700_000_000_124_000_000,
        end_time_unix_nano: 1_700_000_000_124_250_000,
        attributes: vec![
            string("tool.name", "parse"),
            string("tool.status", "error"),
            attribute("tool.slow", Any::BoolValue(true)),
            string("code.file.path", "src/main.rs"),
            attribute("code.line.number", Any::IntValue(12)),
            string("error.type", "SyntaxError"),
            string("error.message", "expected `;`"),
        ],
        status: Some(Status {
            code: 2,
            message: "expected `;`".to_owned(),
        }),
        ..Span::default()
    }
}

/// The spans as they come to an exporter.
pub(crate) fn batch(spans: &[Span]) -> Batch {
    let scope_spans = ScopeSpans {
        scope: Some(scope()),
        spans: spans.to_vec(),
        ..ScopeSpans::default()
    };
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource()),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    }];
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    Batch {
        signal: Signal::Traces,
        lane: Lane::Calls,
        items: spans.len() as u64,
        body,
    }
}

pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: SCOPE.to_owned(),
        version: "1.2".to_owned(),
        ..InstrumentationScope::default()
    }
}

pub(crate) fn resource() -> Resource {
    Resource {
        attributes: vec![string("service.name", "shop")],
        ..Resource::default()
    }
}

pub(crate) fn string(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

pub(crate) fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}
