use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::{Value, json};
use telemetry_fuzz::{Inputs, fuzz};

use super::{Zipkin, span};
use crate::config::{Backend, Protocol, Tls};
use crate::export::samples::{attribute, batch, failed_tool, resource, scope, string, tool};
use crate::export::{Exporter, Refused};

#[test]
fn a_tool_as_zipkin_has_it() {
    assert_eq!(
        of(&failed_tool()),
        json!({
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
            "id": "53995c3f42cd8ad8",
            "parentId": "00f067aa0ba902b7",
            "name": "tool.parse",
            "timestamp": 1_700_000_000_124_000_u64,
            "duration": 250,
            "localEndpoint": { "serviceName": "shop" },
            "tags": {
                "code.file.path": "src/main.rs",
                "code.line.number": "12",
                "error": "expected `;`",
                "error.message": "expected `;`",
                "error.type": "SyntaxError",
                "otel.scope.name": "telemetry-runtime",
                "otel.scope.version": "1.2",
                "otel.status_code": "ERROR",
                "tool.name": "parse",
                "tool.slow": "true",
                "tool.status": "error",
            },
        })
    );
    assert_eq!(of(&tool()).get("parentId"), None, "a root has none");
}

#[test]
fn error_is_said_of_failed_spans_only() {
    let attributes = vec![string("error", "false")];
    for (status, code, error) in [
        (None, Value::Null, Value::Null),
        (Some(0), Value::Null, Value::Null),
        (Some(1), json!("OK"), Value::Null),
        (Some(2), json!("ERROR"), json!("")),
    ] {
        let status = status.map(|code| Status {
            code,
            ..Status::default()
        });
        let span = of(&Span {
            status,
            attributes: attributes.clone(),
            ..tool()
        });
        assert_eq!(span["tags"]["otel.status_code"], code);
        assert_eq!(span["tags"]["error"], error);
    }
}

#[test]
fn kinds_and_the_other_side() {
    for (kind, named, remote) in [
        (0, Value::Null, Value::Null),
        (1, Value::Null, Value::Null),
        (2, json!("SERVER"), Value::Null),
        (3, json!("CLIENT"), json!({ "serviceName": "db" })),
        (4, json!("PRODUCER"), json!({ "serviceName": "db" })),
        (5, json!("CONSUMER"), Value::Null),
    ] {
        let attributes = vec![
            string("server.address", "10.0.0.1"),
            string("peer.service", "db"),
        ];
        let span = of(&Span {
            kind,
            attributes,
            ..tool()
        });
        assert_eq!(span["kind"], named);
        assert_eq!(span["remoteEndpoint"], remote);
    }
}

#[test]
fn events_are_annotations() {
    let event = |attributes| Event {
        time_unix_nano: 1_700_000_000_124_000_999,
        name: "cache \"miss\"".to_owned(),
        attributes,
        ..Event::default()
    };
    let events = vec![
        event(vec![]),
        event(vec![attribute("key", Any::IntValue(3))]),
    ];
    assert_eq!(
        of(&Span { events, ..tool() })["annotations"],
        json!([
            { "timestamp": 1_700_000_000_124_000_u64, "value": "cache \"miss\"" },
            { "timestamp": 1_700_000_000_124_000_u64, "value": "\"cache \\\"miss\\\"\":{\"key\":3}" },
        ])
    );
}

#[test]
fn times_at_the_edges() {
    let start = tool().start_time_unix_nano;
    for (end, duration) in [
        (start, 1),
        (start + 999, 1),
        (start - 5, 1),
        (start + 2999, 2),
    ] {
        assert_eq!(
            of(&Span {
                end_time_unix_nano: end,
                ..tool()
            })["duration"],
            duration
        );
    }
}

#[test]
fn hostile_values_stay_strings() {
    let attributes = vec![
        string("a\"b\n", "\u{1b}[31m\"\0"),
        attribute("nan", Any::DoubleValue(f64::NAN)),
        attribute("inf", Any::DoubleValue(f64::NEG_INFINITY)),
        attribute("bytes", Any::BytesValue(vec![1, 2])),
        string("huge", &"x".repeat(1 << 20)),
    ];
    let text = of(&Span {
        attributes,
        ..tool()
    })
    .to_string();
    let span: Value = serde_json::from_str(&text).unwrap();
    let tags = span["tags"].as_object().unwrap();
    assert!(tags.values().all(Value::is_string));
    assert_eq!(tags["a\"b\n"], "\u{1b}[31m\"\0");
    assert_eq!(tags["nan"], "NaN");
    assert_eq!(tags["inf"], "-Infinity");
    assert_eq!(tags["bytes"], "0102");
    assert_eq!(tags["huge"].as_str().unwrap().len(), 1 << 20);
}

#[test]
fn a_batch_is_one_request() {
    let (url, received) = answering("202 Accepted");
    let accepted = zipkin(&url)
        .export(&batch(&[tool(), failed_tool()]), soon())
        .unwrap();
    assert_eq!((accepted.rejected, accepted.message), (0, None));
    let request = received.join().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /api/v2/spans HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_ascii_lowercase()
            .contains("\r\ncontent-type: application/json"),
        "{head}"
    );
    let spans: Value = serde_json::from_str(body).unwrap();
    assert_eq!(spans, json!([of(&tool()), of(&failed_tool())]));
}

#[test]
fn spans_without_ids_are_left_out_and_counted() {
    let (url, received) = answering("202 Accepted");
    let broken = Span {
        trace_id: vec![0; 16],
        ..tool()
    };
    let accepted = zipkin(&url)
        .export(&batch(&[broken, Span::default(), tool()]), soon())
        .unwrap();
    assert_eq!(accepted.rejected, 2);
    assert_eq!(
        accepted.message.as_deref(),
        Some("2 spans without ids were left out")
    );
    assert!(
        received
            .join()
            .unwrap()
            .ends_with(&format!("[{}]", of(&tool())))
    );
}

#[test]
fn a_refusal_is_retried_or_lost_by_its_status() {
    let (url, _received) = answering("503 Service Unavailable");
    let refused = zipkin(&url).export(&batch(&[tool()]), soon()).unwrap_err();
    assert!(matches!(refused, Refused::Retry { why, .. } if why.contains("503")));
    let (url, _received) = answering("400 Bad Request");
    let refused = zipkin(&url).export(&batch(&[tool()]), soon()).unwrap_err();
    assert!(matches!(refused, Refused::Lost { why } if why.contains("400")));
}

fn of(span: &Span) -> Value {
    span::of(span, Some(&scope()), Some(&resource()))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn zipkin(url: &str) -> Zipkin {
    Zipkin::new(&Backend {
        endpoint: url.to_owned(),
        protocol: Protocol::HttpJson,
        headers: vec![],
        timeout: Duration::from_secs(10),
        gzip: false,
        tls: Tls::default(),
    })
    .unwrap()
}

/// A server for one request, which it gives back.
fn answering(status: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v2/spans", listener.local_addr().unwrap());
    let received = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !is_whole(&request) {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "the client closed early");
            request.extend_from_slice(&piece[..read]);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, received)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_ascii_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:")?
            .trim()
            .parse::<usize>()
            .ok()
    });
    body.len() >= length.unwrap()
}

#[test]
fn fuzz_batches_for_zipkin() {
    let whole = batch(&[tool(), failed_tool()]).body;
    let inputs = Inputs {
        seeds: &[&whole],
        words: &[
            "service.name",
            "error",
            "otel.status_code",
            "\x0a\x00",
            "\x12\x02",
        ],
    };
    let tried = fuzz("spans for Zipkin", inputs, |body| {
        let request = crate::otlp::decode_traces(body).ok()?;
        let spans = super::spans(&request);
        for span in &spans {
            let id = |key: &str| span[key].as_str().map_or(0, str::len);
            assert_eq!((id("traceId"), id("id")), (32, 16), "{span}");
        }
        Some((
            spans.len().checked_ilog2(),
            Value::from(spans).to_string().len().ilog2(),
        ))
    });
    assert!(tried.became.len() > 5, "{tried}");
}
