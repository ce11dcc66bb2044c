//! A span tree with an error leaf arrives in Jaeger as sent, on each way there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Binaries, Collector, Destinations, Jaeger, Program, Span, eventually, spans};

#[test]
fn by_http_protobuf() {
    by_the_collector("tree::by_http_protobuf", "http", |collector| {
        collector.ports().traces_endpoint()
    });
}

#[test]
fn by_http_json() {
    by_the_collector("tree::by_http_json", "http-json", |collector| {
        collector.ports().traces_endpoint()
    });
}

#[test]
fn by_grpc() {
    by_the_collector("tree::by_grpc", "grpc", |collector| {
        collector.ports().grpc_endpoint()
    });
}

#[test]
fn straight_to_jaeger() {
    let Some(binaries) = Binaries::find("tree::straight_to_jaeger") else {
        return;
    };
    let jaeger = Jaeger::start(binaries);
    let endpoint = jaeger.traces_endpoint();

    let (told, _) = Program::run("tree", &settings("jaeger", "http", &endpoint));

    as_jaeger_shows_it(&jaeger, &told);
}

fn by_the_collector(test: &str, protocol: &str, endpoint: fn(&Collector) -> String) {
    let Some(binaries) = Binaries::find(test) else {
        return;
    };
    let jaeger = Jaeger::start(binaries);
    let collector = Collector::start(
        binaries,
        Destinations {
            traces: Some(&jaeger),
            ..Destinations::default()
        },
    );

    let (told, program) = Program::run(
        "tree",
        &settings("[otlp, file]", protocol, &endpoint(&collector)),
    );

    let received = eventually("the Collector has the tree", || {
        match spans(&collector.received()) {
            spans if spans.len() == 4 => Ok(spans),
            spans => Err(format!("{spans:?}")),
        }
    });
    as_the_program_made_it(&received, &told);
    let written = program.json_lines("spans.jsonl");
    assert_eq!(
        by_id(spans(&written)),
        by_id(received),
        "the file says the same as was sent"
    );
    as_jaeger_shows_it(&jaeger, &told);
}

fn settings<'a>(
    exporter: &'a str,
    protocol: &'a str,
    endpoint: &'a str,
) -> [(&'a str, &'a str); 6] {
    [
        ("service_name", "tree"),
        ("traces_exporter", exporter),
        ("traces_protocol", protocol),
        ("traces_endpoint", endpoint),
        ("traces_file", "spans.jsonl"),
        ("metrics_exporter", "none"),
    ]
}

/// Tool and parent of each span, parameters and results as attributes.
fn expected() -> [(&'static str, &'static str, Value); 4] {
    [
        (
            "agent.answer",
            "",
            json!({ "tool.param.question": "what is a span?", "tool.params.count": 1 }),
        ),
        (
            "retrieve",
            "agent.answer",
            json!({ "tool.param.query": "what is a span?", "tool.param.limit": 3, "result.count": 3 }),
        ),
        (
            "read_index",
            "retrieve",
            json!({ "tool.param.path": "/no/such/index", "tool.params.count": 1 }),
        ),
        (
            "rank",
            "agent.answer",
            json!({ "tool.param.found": 15, "tool.param.threshold": 0.5, "tool.params.count": 2 }),
        ),
    ]
}

fn as_the_program_made_it(received: &[Span], told: &Value) {
    let id = |tool: &str| told["spans"][tool].as_str().unwrap_or_default();
    for (tool, parent, attributes) in expected() {
        let span = received
            .iter()
            .find(|span| span.span_id == id(tool))
            .unwrap_or_else(|| panic!("{tool} in {received:?}"));
        assert_eq!(span.name, format!("tool.{tool}"));
        assert_eq!(
            (span.trace_id.as_str(), span.parent.as_str()),
            (told["trace_id"].as_str().unwrap(), id(parent))
        );
        assert_eq!(span.kind, 1, "internal: {span:?}");
        assert!(span.start > 0 && span.end >= span.start, "{span:?}");
        assert_eq!(span.attributes["tool.name"]["stringValue"], tool);
        for (key, value) in attributes.as_object().unwrap() {
            let expected = match value {
                Value::String(text) => json!({ "stringValue": text }),
                Value::Number(number) if number.is_u64() => {
                    json!({ "intValue": number.to_string() })
                }
                number => json!({ "doubleValue": number }),
            };
            assert_eq!(span.attributes.get(key), Some(&expected), "{key} of {tool}");
        }
        let failed = tool == "read_index";
        assert_eq!(span.status == 2, failed, "only the leaf failed: {span:?}");
        assert_eq!(
            span.attributes["tool.status"]["stringValue"],
            if failed { "error" } else { "success" }
        );
        assert_eq!(span.attributes.contains_key("error.type"), failed);
    }
}

fn by_id(spans: Vec<Span>) -> BTreeMap<String, Span> {
    spans
        .into_iter()
        .map(|span| (span.span_id.clone(), span))
        .collect()
}

fn as_jaeger_shows_it(jaeger: &Jaeger, told: &Value) {
    let trace = eventually("Jaeger has the whole tree", || {
        let trace = jaeger.trace(told["trace_id"].as_str().unwrap())?;
        if trace["spans"].as_array().map_or(0, Vec::len) == 4 {
            Ok(trace)
        } else {
            Err(trace.to_string())
        }
    });
    let shown = trace["spans"].as_array().unwrap();
    for (tool, parent, attributes) in expected() {
        let span = shown
            .iter()
            .find(|span| span["spanID"] == told["spans"][tool])
            .unwrap_or_else(|| panic!("{tool} in {trace}"));
        assert_eq!(span["operationName"], format!("tool.{tool}"));
        assert_eq!(
            span["references"][0]["spanID"], told["spans"][parent],
            "the parent of {tool}"
        );
        let tags = tags(span);
        for (key, value) in attributes.as_object().unwrap() {
            assert_eq!(tags.get(key.as_str()), Some(&value), "{key} of {tool}");
        }
        let failed = tool == "read_index";
        assert_eq!(
            tags.get("otel.status_code") == Some(&&json!("ERROR")),
            failed,
            "{span}"
        );
        if failed {
            assert!(
                tags["error.message"]
                    .as_str()
                    .unwrap()
                    .contains("No such file"),
                "{span}"
            );
        }
    }
    assert_eq!(trace["processes"]["p1"]["serviceName"], "tree");
}

fn tags(span: &Value) -> BTreeMap<&str, &Value> {
    let tags = span["tags"].as_array().into_iter().flatten();
    tags.map(|tag| (tag["key"].as_str().unwrap_or_default(), &tag["value"]))
        .collect()
}
