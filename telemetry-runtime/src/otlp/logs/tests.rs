use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use prost::Message;

use super::*;
use crate::value::Value;

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.37.0";
const SPAN: SpanRef = SpanRef {
    trace_id: [1; 16],
    span_id: [2; 8],
    sampled: true,
};

fn resource() -> Resource {
    Resource::new([("service.name".to_owned(), Value::from("shop"))])
}

fn encoder() -> LogEncoder {
    LogEncoder::new(&resource(), Lane::Calls)
}

fn data(body: &str) -> LogData<'_> {
    LogData {
        time: 1_700_000_000_000_000_001,
        observed: 1_700_000_000_000_000_002,
        severity: Severity::Info,
        span: None,
        event_name: "",
        body,
    }
}

fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

fn plain(body: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: 1_700_000_000_000_000_001,
        observed_time_unix_nano: 1_700_000_000_000_000_002,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(any(Any::StringValue(body.to_owned()))),
        ..LogRecord::default()
    }
}

fn decoded(batch: &Batch) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest::decode(batch.body.as_slice()).unwrap()
}

fn records(batch: &Batch) -> Vec<LogRecord> {
    let resource = decoded(batch).resource_logs.remove(0);
    resource.scope_logs.into_iter().next().unwrap().log_records
}

#[test]
fn a_request_is_what_opentelemetry_reads() {
    let mut encoder = encoder();
    assert!(encoder.close().is_none());
    encoder.push(&data("hello"), |_| {});
    assert_eq!(encoder.records(), 1);
    let batch = encoder.close().unwrap();
    assert_eq!(
        (batch.items, batch.signal, encoder.records()),
        (1, Signal::Logs, 0)
    );
    let expected = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(ProtoResource {
                attributes: vec![pair("service.name", Any::StringValue("shop".to_owned()))],
                ..ProtoResource::default()
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(InstrumentationScope {
                    name: "telemetry-runtime".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                log_records: vec![plain("hello")],
                schema_url: SCHEMA.to_owned(),
            }],
            schema_url: SCHEMA.to_owned(),
        }],
    };
    assert_eq!(decoded(&batch), expected);
}

#[test]
fn everything_a_record_can_have() {
    let parts = LogParts::new(&[("tool.name", Value::from("search"))]);
    let log = LogData {
        severity: Severity::Error,
        span: Some(SPAN),
        event_name: "tool.call",
        ..data("gröber\n\0")
    };
    let mut encoder = encoder();
    encoder.push(&log, |more| {
        more.parts(&parts);
        more.text("status", "error");
        more.double("duration_ms", 1.5);
        more.attribute("n", &Value::from(-7));
        more.attribute("cached", &Value::from(false));
        more.dropped_attributes(3);
    });
    let expected = LogRecord {
        severity_number: 17,
        severity_text: "ERROR".to_owned(),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        flags: 1,
        event_name: "tool.call".to_owned(),
        attributes: vec![
            pair("tool.name", Any::StringValue("search".to_owned())),
            pair("status", Any::StringValue("error".to_owned())),
            pair("duration_ms", Any::DoubleValue(1.5)),
            pair("n", Any::IntValue(-7)),
            pair("cached", Any::BoolValue(false)),
        ],
        dropped_attributes_count: 3,
        ..plain("gröber\n\0")
    };
    assert_eq!(records(&encoder.close().unwrap()), [expected]);
}

/// Messages around the lengths at which a length takes one byte more.
#[test]
fn messages_of_any_length_and_records_encoded_elsewhere() {
    let mut encoder = encoder();
    let mut apart = Vec::new();
    let lengths = [
        0, 1, 120, 127, 128, 16_200, 16_383, 16_384, 65_536, 3_000_000,
    ];
    let messages = lengths.map(|length| "x".repeat(length));
    for message in &messages {
        encoder.push(&data(message), |_| {});
        record(&mut apart, |log| log.data(&data(message)));
    }
    encoder.extend(&apart, lengths.len() as u64);
    let batch = encoder.close().unwrap();
    assert_eq!(batch.items, 2 * lengths.len() as u64);
    let expected: Vec<LogRecord> = messages.iter().map(|message| plain(message)).collect();
    assert_eq!(records(&batch), [&expected[..], &expected[..]].concat());
}

#[test]
fn a_span_that_was_not_sampled_is_named_all_the_same() {
    let span = SpanRef {
        sampled: false,
        ..SPAN
    };
    let mut encoder = encoder();
    encoder.push(
        &LogData {
            span: Some(span),
            ..data("")
        },
        |_| {},
    );
    let record = records(&encoder.close().unwrap()).remove(0);
    assert_eq!(
        (record.flags, record.trace_id, record.span_id),
        (0, vec![1; 16], vec![2; 8])
    );
}

#[test]
fn a_record_gets_its_time_last() {
    for length in [0, 100, 200, 20_000] {
        let body = "x".repeat(length);
        let mut encoded = Vec::new();
        record(&mut encoded, |log| log.data(&data(&body)));
        set_time(&mut encoded, u64::MAX - 5);
        let mut encoder = encoder();
        encoder.extend(&encoded, 1);
        let expected = LogRecord {
            time_unix_nano: u64::MAX - 5,
            observed_time_unix_nano: u64::MAX - 5,
            ..plain(&body)
        };
        assert_eq!(records(&encoder.close().unwrap()), [expected]);
    }
}
