//! A record a call.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use telemetry_runtime::{Telemetry, health, tool};
use telemetry_tests::sink::{Mode, Sink, message, text};
use telemetry_tests::{PATIENCE, alone, until};
use tracing::debug;

use super::{attribute, chatty, end, logs_to, lookup, start, string};

#[test]
fn a_call_is_a_record_with_its_trace_outcome_and_parameters() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(
        logs_to(&sink)
            .otlp(sink.url())
            .set("thresholds", [("slow_one", 1)]),
    );
    assert!(lookup(1, "secret").is_ok());
    assert!(lookup(20, "secret").is_err());
    #[tool]
    fn slow_one() {
        thread::sleep(Duration::from_millis(3));
    }
    slow_one();
    #[tool]
    fn panics() {
        panic!("on purpose");
    }
    assert!(std::panic::catch_unwind(panics).is_err());
    chatty();
    let records = end(telemetry, &sink);

    let messages: Vec<_> = records.iter().map(message).collect();
    assert!(
        messages[0].starts_with("lookup succeeded in "),
        "{messages:?}"
    );
    assert!(
        messages[1].starts_with("lookup failed after "),
        "{messages:?}"
    );
    assert!(messages[1].ends_with(": TooLarge: larger than the index"));
    assert!(messages[2].ends_with(", over its threshold of 1.00 ms"));
    assert!(messages[3].starts_with("panics panicked after "));
    assert_eq!(messages.len(), 4, "DEBUG is below log_level: {messages:?}");
    let levels: Vec<_> = records
        .iter()
        .map(|record| record.severity_text.as_str())
        .collect();
    assert_eq!(levels, ["INFO", "ERROR", "WARN", "ERROR"]);
    let numbers: Vec<_> = records
        .iter()
        .map(|record| record.severity_number)
        .collect();
    assert_eq!(numbers, [9, 17, 13, 17]);

    let failed = &records[1];
    assert_eq!(failed.event_name, "tool.call");
    assert_eq!(attribute(failed, "tool.name").cloned(), string("lookup"));
    assert_eq!(attribute(failed, "status").cloned(), string("error"));
    assert_eq!(attribute(failed, "error.type").cloned(), string("TooLarge"));
    assert_eq!(
        attribute(failed, "tool.param.n"),
        Some(&Value::IntValue(20))
    );
    assert_eq!(
        attribute(failed, "tool.param.password").cloned(),
        string("[redacted]")
    );
    assert!(matches!(attribute(failed, "duration_ms"), Some(Value::DoubleValue(ms)) if *ms > 0.0));
    assert_eq!(text(&records[3].attributes, "error.type"), "panic");

    let seen = sink.seen();
    let span = seen
        .spans
        .iter()
        .find(|span| span.span_id == failed.span_id)
        .expect("its span");
    assert_eq!((&span.trace_id, failed.flags), (&failed.trace_id, 1));
    assert_eq!(span.end_time_unix_nano, failed.time_unix_nano);
}

/// `slow` is what is over its threshold, or failed; a tool may say otherwise.
#[test]
fn of_slow_calls_and_failures_only() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(
        logs_to(&sink)
            .set("log_calls", "slow")
            .set("thresholds", [("slow_one", 1)])
            .set("tools", [("lookup_all", [("log_calls", "all")])]),
    );
    #[tool]
    fn slow_one() {
        thread::sleep(Duration::from_millis(3));
    }
    #[tool]
    fn lookup_all() {}
    slow_one();
    lookup_all();
    assert!(lookup(1, "").is_ok());
    assert!(lookup(20, "").is_err());
    let records = end(telemetry, &sink);
    let logged: Vec<_> = records
        .iter()
        .map(|record| {
            (
                text(&record.attributes, "tool.name"),
                record.severity_text.as_str(),
            )
        })
        .collect();
    assert_eq!(
        logged,
        [
            ("slow_one", "WARN"),
            ("lookup_all", "INFO"),
            ("lookup", "ERROR")
        ]
    );
}

#[test]
fn without_traces_calls_are_logged_all_the_same() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(logs_to(&sink).set("traces_enabled", false));
    assert!(lookup(20, "secret").is_err());
    let records = end(telemetry, &sink);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].trace_id.len(), 16);
    assert_eq!(
        attribute(&records[0], "tool.param.n"),
        Some(&Value::IntValue(20))
    );
    assert!(message(&records[0]).ends_with("larger than the index"));
}

#[test]
fn calls_that_are_not_sampled_are_logged_with_their_trace_but_no_parameters() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(logs_to(&sink).set("traces_sample_rate", 0));
    assert!(lookup(20, "secret").is_err());
    let records = end(telemetry, &sink);
    assert_eq!((records[0].flags, records[0].trace_id.len()), (0, 16));
    assert_eq!(attribute(&records[0], "tool.param.n"), None);
    assert!(message(&records[0]).ends_with(": TooLarge: larger than the index"));
}

/// Beside the lines on standard error, which only somebody at the terminal sees.
#[test]
fn a_call_that_runs_for_long_is_a_record_while_it_runs() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("logs.jsonl");
    let telemetry = start(
        logs_to(&sink)
            .set("logs_exporter", vec!["otlp", "file"])
            .set("logs_file", file.to_string_lossy().into_owned())
            .set("logs_batch_delay_ms", 1)
            .set("log_calls", "errors")
            .set("running_after_ms", 20)
            .set("tools", [("silent", [("log_calls", "none")])]),
    );
    let (go, gone) = mpsc::channel::<()>();
    let there = thread::Builder::new().name("stuck".to_owned());
    let there = there.spawn(move || {
        let silent = telemetry_runtime::track_tool_call("silent", ());
        let hangs = telemetry_runtime::track_tool_call("hangs", ());
        gone.recv().expect("somebody says so");
        drop((hangs, silent));
    });
    let there = there.expect("a thread");
    until("both are told of", || health().long_calls_seen == 2);
    until("it is sent", || !sink.seen().logs.is_empty());
    go.send(()).expect("it waits");
    there.join().expect("no panic");
    let records = end(telemetry, &sink);

    assert_eq!(records.len(), 1, "{records:?}");
    let record = &records[0];
    assert_eq!(
        (record.event_name.as_str(), record.severity_text.as_str()),
        ("tool.running", "WARN")
    );
    let said = message(record);
    assert!(said.starts_with("hangs has been running for "), "{said}");
    assert!(said.ends_with(" ms on thread \"stuck\""), "{said}");
    let of = |key| attribute(record, key).cloned();
    assert_eq!(
        (of("tool.name"), of("status")),
        (string("hangs"), string("running"))
    );
    assert_eq!(of("thread.name"), string("stuck"));
    assert!(matches!(of("duration_ms"), Some(Value::DoubleValue(ms)) if ms >= 20.0));
    let written = std::fs::read_to_string(file).expect("it is there");
    assert!(
        written.contains(said.split('"').next().expect("a part")),
        "{written}"
    );
}

#[test]
fn what_is_over_the_budget_is_counted_and_failures_have_their_own() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(logs_to(&sink).set("log_calls_per_second", 5));
    for n in 0..1000 {
        let _ = lookup(n % 20, "secret");
    }
    telemetry.flush(PATIENCE);
    let suppressed = telemetry.health().call_logs_suppressed;
    let records = end(telemetry, &sink);
    let (summaries, calls): (Vec<_>, Vec<_>) = records
        .iter()
        .partition(|record| record.event_name == "tool.calls.suppressed");
    let failed = calls
        .iter()
        .filter(|record| record.severity_text == "ERROR")
        .count();
    // All of it takes a few seconds at most, even here.
    assert!(
        failed >= 5 && calls.len() - failed >= 5 && calls.len() < 500,
        "{}",
        calls.len()
    );
    let number = |key| {
        let of_one = |record: &&LogRecord| match attribute(record, key) {
            Some(Value::IntValue(number)) => usize::try_from(*number).expect("a count"),
            other => panic!("{key}: {other:?}"),
        };
        summaries.iter().map(of_one).sum::<usize>()
    };
    assert_eq!(number("suppressed.calls") + calls.len(), 1000);
    assert_eq!(suppressed as usize, 1000 - calls.len());
    assert_eq!(number("suppressed.failures") + failed, 500);
    assert_eq!(summaries[0].severity_text, "ERROR");
    let said = message(summaries[0]);
    assert!(
        said.starts_with("lookup: ") && said.contains(" calls not logged, "),
        "{said}"
    );
}

#[test]
fn which_calls_are_logged_is_said_by_tool_and_changes_while_running() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.yaml");
    let write = |more: &str| {
        let fixed = "traces_exporter: none\n  metrics_exporter: none\n  logs_exporter: otlp";
        let text = format!(
            "telemetry:\n  {fixed}\n  logs_endpoint: {}\n  {more}\n",
            sink.url()
        );
        std::fs::write(&file, text).expect("it can be written");
    };
    write("tools: { \"look*\": { log_calls: errors } }");
    let telemetry = start(Telemetry::builder().file(&file));
    let all = || {
        assert!(lookup(1, "").is_ok());
        assert!(lookup(20, "").is_err());
        chatty();
        debug!("a detail");
        telemetry.flush(PATIENCE);
        let mut seen = sink.seen();
        seen.logs
            .drain(..)
            .map(|record| message(&record).to_owned())
            .collect::<Vec<_>>()
    };
    let starts = |messages: &[String]| -> Vec<String> {
        let words = messages.iter().map(|message| message.split(' ').take(2));
        words
            .map(|words| words.collect::<Vec<_>>().join(" "))
            .collect()
    };
    assert_eq!(starts(&all()), ["lookup failed"]);
    write("log_level: DEBUG");
    let reload = telemetry.reload().expect("a right file");
    assert_eq!(reload.applied, ["log_level", "tools"]);
    let mut said = starts(&all());
    said.sort();
    assert_eq!(
        said,
        [
            "a detail",
            "chatty succeeded",
            "lookup failed",
            "lookup succeeded"
        ]
    );
    write("log_calls: none\n  log_filter: \"off,logs=debug\"");
    telemetry.reload().expect("a right file");
    assert_eq!(starts(&all()), ["a detail"]);
    write("log_level: CRITICAL");
    telemetry.reload().expect("a right file");
    assert_eq!(starts(&all()), [""; 0]);
    end(telemetry, &sink);
}
