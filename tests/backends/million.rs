//! A million calls from eight threads while the exporters run: metrics exact to the call,
//! each span delivered or counted as not, little memory.

use serde_json::Value;

use crate::harness::{
    Binaries, Collector, Destinations, Program, Prometheus, bad, eventually, last_sum,
};

const CALLS: f64 = 1e6;
/// Of the whole process, in KiB.
const MEMORY: u64 = 64 * 1024;

#[test]
fn all_are_counted_and_arrive_or_are_counted_as_dropped() {
    let Some(binaries) = Binaries::find("million::all_are_counted") else {
        return;
    };
    let prometheus = Prometheus::start(binaries, &[]);
    let to = Destinations {
        metrics: Some(&prometheus),
        many_traces: true,
        ..Destinations::default()
    };
    let collector = Collector::start(binaries, to);
    let (traces, metrics) = (
        collector.ports().traces_endpoint(),
        collector.ports().metrics_endpoint(),
    );
    let settings = [
        ("service_name", "million"),
        ("traces_endpoint", &*traces),
        ("metrics_endpoint", &*metrics),
        ("metrics_export_interval_ms", "1000"),
    ];

    let (told, _) = Program::run("million", &settings);

    let delivered = accounted_for(&told);
    let accepted = "otelcol_receiver_accepted_spans";
    eventually(
        "the Collector counts what was delivered",
        || match collector.own_metric(accepted)? {
            spans if spans == delivered as f64 => Ok(()),
            spans => Err(format!("{spans} of {delivered}")),
        },
    );
    let exact = [
        ("sum(tool_calls_total)", CALLS),
        ("sum(tool_errors_total)", CALLS / 4.0),
        ("sum(tool_duration_count{status=\"success\"})", CALLS * 0.75),
        ("sum(tool_duration_bucket{le=\"+Inf\"})", CALLS),
        ("sum(tool_active)", 0.0),
    ];
    for (expression, expected) in exact {
        prometheus.comes_to(expression, expected);
    }
}

#[test]
fn with_a_backend_that_refuses() {
    with_a_bad_backend(&bad::refuses());
}

#[test]
fn with_a_backend_that_never_answers() {
    with_a_bad_backend(&bad::never_answers());
}

#[test]
fn with_a_backend_that_answers_500() {
    with_a_bad_backend(&bad::answers_500());
}

fn with_a_bad_backend(traces: &str) {
    let settings = [
        ("service_name", "million"),
        ("traces_endpoint", traces),
        ("metrics_exporter", "file"),
        ("metrics_file", "metrics.jsonl"),
    ];

    let (told, program) = Program::run("million", &settings);

    assert_eq!(accounted_for(&told), 0, "nobody took a span");
    let written = program.json_lines("metrics.jsonl");
    assert_eq!(last_sum(&written, "tool.calls"), Some(CALLS));
    assert_eq!(last_sum(&written, "tool.errors"), Some(CALLS / 4.0));
}

/// Each span has one fate, and memory stayed small; how many were delivered.
fn accounted_for(told: &Value) -> u64 {
    println!("{told}");
    assert_eq!(
        (told["calls"].as_f64(), told["errors"].as_f64()),
        (Some(CALLS), Some(CALLS / 4.0))
    );
    let spans = |fate: &str| told["spans"][fate].as_u64().unwrap();
    assert_eq!(
        spans("waiting"),
        0,
        "after a shutdown nothing waits: {told}"
    );
    assert_eq!(
        (spans("delivered") + spans("dropped")) as f64,
        CALLS,
        "{told}"
    );
    let memory = told["peak_memory_kib"].as_u64().unwrap();
    assert!(memory < MEMORY, "{memory} KiB");
    spans("delivered")
}
