//! Many calls at once, towards servers in every state: nothing is counted wrong, no span is
//! lost without being counted, memory is bounded.

use std::process::Command;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use serde_json::Value;
use telemetry_tests::PATIENCE;
use telemetry_tests::sink::{Mode, Seen, Sink, nobody, text};

/// In seconds, unoptimized.
const CALLS: u64 = 200_000;
/// What the runtime promises for.
const MANY: u64 = 1_000_000;
/// What the process may have grown by at its worst moment.
const MAX_KIB: u64 = 64 << 10;

/// What a process says that has made `calls` calls towards `url`, and had so many seconds for
/// its end.
fn hammered(url: &str, calls: u64, seconds: u64) -> Value {
    let program = Command::new(env!("CARGO_BIN_EXE_hammer"))
        .args([url, &calls.to_string(), &seconds.to_string()])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&program.stdout);
    let errors = String::from_utf8_lossy(&program.stderr);
    assert!(program.status.success(), "{said}{errors}");
    eprintln!("{}", said.trim());
    serde_json::from_str(&said).expect("a line of JSON")
}

/// What is the same whatever the server does. Gives delivered and dropped spans.
fn judged(said: &Value, calls: u64) -> (u64, u64) {
    let number = |value: &Value| value.as_u64().expect("a number");
    let tool = |name: &str| {
        let tools = said["tools"].as_array().expect("a list");
        let found = tools.iter().find(|tool| tool["name"] == name).expect(name);
        (
            number(&found["calls"]),
            number(&found["errors"]),
            number(&found["active"]),
        )
    };
    // Every eighth is by hand and succeeds; two of eight fail.
    assert_eq!(tool("by hand"), (calls / 8, 0, 0));
    assert_eq!(tool("hammered"), (calls / 8 * 7, calls / 4, 0));
    let traces = &said["traces"];
    let (delivered, dropped) = (number(&traces["delivered"]), number(&traces["dropped"]));
    assert_eq!(number(&traces["waiting"]), 0, "{traces}");
    assert_eq!(
        delivered + dropped,
        calls,
        "each span is one or the other: {traces}"
    );
    if let Some(peak) = said["peak_kib"].as_u64() {
        assert!(peak < MAX_KIB, "{peak} KiB");
    }
    (delivered, dropped)
}

fn healthy(calls: u64) {
    let sink = Sink::counting(Mode::Accept);
    let said = hammered(&sink.url(), calls, PATIENCE.as_secs());
    let (delivered, _) = judged(&said, calls);
    let seen = sink.seen();
    assert_eq!(seen.span_count, delivered);
    assert!(delivered > 0);
    assert_eq!(said["traces"]["in_time"], true);
    assert_eq!(counter(&seen, "tool.calls", "hammered"), calls / 8 * 7);
    assert_eq!(counter(&seen, "tool.errors", "hammered"), calls / 4);
    assert_eq!(counter(&seen, "tool.calls", "by hand"), calls / 8);
    assert_eq!(counter(&seen, "tool.errors", "by hand"), 0);
    assert_eq!(histogram(&seen, "hammered", "error"), calls / 4);
    assert_eq!(histogram(&seen, "hammered", "success"), calls / 8 * 5);
    assert_eq!(histogram(&seen, "by hand", "success"), calls / 8);
}

fn unhealthy(mode: Mode, calls: u64) {
    let sink = Sink::counting(mode);
    let (delivered, dropped) = judged(&hammered(&sink.url(), calls, 2), calls);
    assert_eq!((delivered, dropped), (0, calls));
    assert!(sink.seen().requests > 0);
}

fn refused(calls: u64) {
    let said = hammered(&nobody(), calls, 2);
    assert_eq!(judged(&said, calls), (0, calls));
    assert!(said["traces"]["failed"].as_u64() > Some(0));
}

fn counter(seen: &Seen, name: &str, tool: &str) -> u64 {
    let metric = seen.metric(name).expect(name);
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("{name} is no sum")
    };
    // A tool's first points are two: zero, then the value.
    let of_tool = sum
        .data_points
        .iter()
        .filter(|point| text(&point.attributes, "tool.name") == tool);
    let values = of_tool.map(|point| match point.value {
        Some(Number::AsInt(value)) => u64::try_from(value).expect("never negative"),
        other => panic!("{name}: {other:?}"),
    });
    values.max().expect(tool)
}

fn histogram(seen: &Seen, tool: &str, status: &str) -> u64 {
    let metric = seen.metric("tool.duration").expect("tool.duration");
    let Some(Data::Histogram(histogram)) = &metric.data else {
        panic!("tool.duration is no histogram")
    };
    let points = histogram.data_points.iter().filter(|point| {
        text(&point.attributes, "tool.name") == tool && text(&point.attributes, "status") == status
    });
    let newest = points.max_by_key(|point| point.count).expect(tool);
    assert_eq!(newest.bucket_counts.iter().sum::<u64>(), newest.count);
    newest.count
}

#[test]
fn a_healthy_server() {
    healthy(CALLS);
}

#[test]
fn a_server_that_is_not_there() {
    refused(CALLS);
}

#[test]
fn a_server_that_never_answers() {
    unhealthy(Mode::Silent, CALLS);
}

#[test]
fn a_server_that_fails() {
    unhealthy(Mode::Status(500), CALLS);
}

#[test]
fn a_server_that_is_overloaded() {
    unhealthy(Mode::Status(503), CALLS);
}

#[test]
fn a_server_that_hangs_up() {
    unhealthy(Mode::Half, CALLS);
}

/// It has said that it took the request; to send it again would make everything double.
#[test]
fn a_server_whose_answer_is_cut_off() {
    let sink = Sink::counting(Mode::Cut);
    let said = hammered(&sink.url(), CALLS, PATIENCE.as_secs());
    let (delivered, _) = judged(&said, CALLS);
    assert_eq!(sink.seen().span_count, delivered);
}

/// With nowhere to go, no span is missed.
#[test]
fn nobody_wants_spans() {
    let said = hammered("none", CALLS, 2);
    let traces = &said["traces"];
    assert_eq!(
        (&traces["delivered"], &traces["dropped"]),
        (&0.into(), &0.into())
    );
    assert_eq!(said["tools"].as_array().map(Vec::len), Some(2));
}

#[test]
#[ignore = "half a minute; .ci/run asks for it"]
fn a_million_calls() {
    healthy(MANY);
    refused(MANY);
    unhealthy(Mode::Silent, MANY);
    unhealthy(Mode::Status(500), MANY);
}
