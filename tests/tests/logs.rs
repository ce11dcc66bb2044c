//! Log records: one a call, and what the program itself writes.

use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use telemetry_runtime::{Builder, Telemetry, current, health, tool};
use telemetry_tests::sink::{Mode, Sink, message, text};
use telemetry_tests::{PATIENCE, alone, until};
use tracing::{debug, error, info, info_span, warn};

/// Logs only, to the sink.
fn logs_to(sink: &Sink) -> Builder {
    Telemetry::builder()
        .no_file()
        .set("logs_exporter", "otlp")
        .set("logs_endpoint", sink.url())
        .set("metrics_exporter", "none")
        .set("traces_exporter", "none")
        // Its events are log records too.
        .set("drift_detection_enabled", false)
}

/// Without what [`logs_to`] would have said of each call.
fn lines_to(sink: &Sink) -> Builder {
    logs_to(sink).set("log_calls", "none")
}

fn start(builder: Builder) -> Telemetry {
    builder.init().expect("a right configuration")
}

/// Everything is sent; gives what came.
fn end(telemetry: Telemetry, sink: &Sink) -> Vec<LogRecord> {
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    sink.seen().logs.clone()
}

fn attribute<'a>(record: &'a LogRecord, key: &str) -> Option<&'a Value> {
    let mut of_key = record.attributes.iter().filter(|pair| pair.key == key);
    let found = of_key.next()?;
    assert!(of_key.next().is_none(), "two attributes are called {key}");
    found.value.as_ref()?.value.as_ref()
}

fn string(value: &str) -> Option<Value> {
    Some(Value::StringValue(value.to_owned()))
}

#[derive(Debug)]
struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("larger than the index")
    }
}

#[tool]
fn lookup(n: u32, password: &str) -> Result<u32, TooLarge> {
    let _ = password;
    if n < 10 { Ok(n) } else { Err(TooLarge) }
}

#[tool(level = "debug")]
fn chatty() {}

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

/// As `tracing`'s `EnvFilter` has it.
#[test]
fn which_lines_are_taken_is_said_by_target_span_and_field() {
    fn all() {
        info!("plain");
        debug!("detail");
        debug!(target: "other::deep", "of another");
        log::debug!(target: "bridged", "by log");
        let query = info_span!("query", user = 17).entered();
        debug!("in a query");
        debug!(target: "other", "of another in a query");
        drop(query);
        let _query = info_span!("query", user = 18).entered();
        debug!("in a query of somebody else");
    }
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.yaml");
    let sink = Sink::start(Mode::Accept);
    let write = |filter: &str| {
        let fixed = "traces_exporter: none\n  metrics_exporter: none\n  logs_exporter: otlp";
        let filter = match filter {
            "" => String::new(),
            filter => format!("  log_filter: \"{filter}\"\n"),
        };
        let text = format!(
            "telemetry:\n  {fixed}\n  logs_endpoint: {}\n{filter}",
            sink.url()
        );
        std::fs::write(&file, text).expect("it can be written");
    };
    write("");
    let telemetry = start(Telemetry::builder().file(&file));
    let takes = |filter: &str| {
        write(filter);
        telemetry.reload().expect("a right file");
        all();
        telemetry.flush(PATIENCE);
        let mut seen = sink.seen();
        let records = seen.logs.drain(..);
        records
            .map(|record| message(&record).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(takes(""), ["plain"], "log_level holds");
    assert_eq!(takes("off"), [""; 0]);
    assert_eq!(takes("warn,logs=info"), ["plain"]);
    assert_eq!(
        takes("other=debug"),
        ["of another", "of another in a query"]
    );
    assert_eq!(takes("off, bridged=debug"), ["by log"]);
    assert_eq!(
        takes("off,[query]=debug"),
        [
            "in a query",
            "of another in a query",
            "in a query of somebody else"
        ]
    );
    assert_eq!(
        takes("info,[query{user=17}]=debug"),
        ["plain", "in a query", "of another in a query"]
    );
    assert_eq!(
        takes("info,logs[query{user=18}]=debug"),
        ["plain", "in a query of somebody else"]
    );
    assert_eq!(takes("error"), [""; 0]);
    end(telemetry, &sink);
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose");
    }
}

struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            f.write_str("again ")?;
        }
    }
}

/// Writes a line while it is being written.
struct Talks;

impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        warn!(inner = true, "from inside");
        f.write_str("talked")
    }
}

#[tool]
fn working(n: u32) -> (String, String) {
    let _outer = info_span!("outer", job = 7, attempt = 1).entered();
    let _inner = info_span!("inner", attempt = 2, token = "hush").entered();
    info!(
        n,
        ratio = 0.5,
        cached = false,
        name = "a \"b\"",
        "hello {n}"
    );
    let here = current();
    (
        here.trace_id().expect("inside").to_string(),
        here.span_id().expect("inside").to_string(),
    )
}

#[test]
fn lines_are_typed_and_know_where_they_stand() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(lines_to(&sink));
    let (trace, span) = working(3);
    info!(
        duration_ms = "not a number",
        trace_id = "mine",
        target = "mine",
        api_key = "hush",
        token = ?Panics,
        "reserved"
    );
    log::warn!("by log");
    warn!(name: "user.login", user = 5_u128, big = u64::MAX);
    let records = end(telemetry, &sink);
    assert_eq!(records.len(), 4);

    let line = &records[0];
    assert_eq!(message(line), "hello 3");
    assert_eq!(
        (line.severity_text.as_str(), line.event_name.as_str()),
        ("INFO", "")
    );
    let hex = |id: &[u8]| {
        id.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!((hex(&line.trace_id), hex(&line.span_id)), (trace, span));
    let of = |key| attribute(line, key).cloned();
    assert_eq!(of("tool.name"), string("working"));
    assert_eq!(of("target"), string("logs"));
    assert_eq!(of("n"), Some(Value::IntValue(3)));
    assert_eq!(of("ratio"), Some(Value::DoubleValue(0.5)));
    assert_eq!(of("cached"), Some(Value::BoolValue(false)));
    assert_eq!(of("name"), string("a \"b\""));
    assert_eq!(of("job"), Some(Value::IntValue(7)));
    assert_eq!(
        of("attempt"),
        Some(Value::IntValue(2)),
        "the innermost says it"
    );
    assert_eq!(of("token"), string("[redacted]"));

    let line = &records[1];
    assert!(line.trace_id.is_empty() && attribute(line, "tool.name").is_none());
    let of = |key| attribute(line, key).cloned();
    assert_eq!(of("fields.duration_ms"), string("not a number"));
    assert_eq!(of("fields.trace_id"), string("mine"));
    assert_eq!(of("fields.target"), string("mine"));
    assert_eq!(of("target"), string("logs"));
    assert_eq!(
        (of("api_key"), of("token")),
        (string("[redacted]"), string("[redacted]"))
    );

    let line = &records[2];
    assert_eq!(
        (message(line), line.severity_text.as_str()),
        ("by log", "WARN")
    );
    assert_eq!(attribute(line, "target").cloned(), string("logs"));
    assert_eq!(line.attributes.len(), 1, "{:?}", line.attributes);

    let line = &records[3];
    assert_eq!(
        (line.event_name.as_str(), message(line)),
        ("user.login", "")
    );
    assert_eq!(attribute(line, "user"), Some(&Value::IntValue(5)));
    assert_eq!(
        attribute(line, "big").cloned(),
        string("18446744073709551615")
    );
}

/// In the text of a message and of a field as well as by a field's name.
#[test]
fn secrets_in_texts_are_masked() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by Debug")]
    struct Login {
        user: &'static str,
        password: Option<&'static str>,
    }
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(logs_to(&sink));
    let login = Login {
        user: "me",
        password: Some("hush"),
    };
    let span = info_span!("request", uri = "/a?api_key=hush&page=2").entered();
    info!(
        ?login,
        body = r#"{"token": "hush", "n": 1}"#,
        "sent password=hush, twice"
    );
    drop(span);
    #[tool(skip_all)]
    fn refused() -> Result<(), String> {
        Err("refused with Authorization: Bearer hush".to_owned())
    }
    assert!(refused().is_err());
    let mut records = end(telemetry, &sink);
    // Lines and calls come by ways of their own.
    records.sort_by(|one, other| one.event_name.cmp(&other.event_name));
    assert_eq!(message(&records[0]), "sent password=[redacted], twice");
    let of = |key| text(&records[0].attributes, key);
    assert_eq!(of("login"), r#"Login { user: "me", password: [redacted] }"#);
    assert_eq!(of("body"), r#"{"token": "[redacted]", "n": 1}"#);
    assert_eq!(of("uri"), "/a?api_key=[redacted]&page=2");
    assert!(message(&records[1]).ends_with("refused with Authorization: [redacted]"));
    assert!(!format!("{records:?}").contains("hush"), "{records:?}");
}

#[test]
fn hostile_lines() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(lines_to(&sink));
    info!(value = ?Panics, "panics");
    info!(value = ?Endless, "endless");
    info!("{Endless:?}");
    info!(value = ?Talks, "talks");
    info!("a\0b\nc\u{1b}[31m");
    info!(value = "ä".repeat(300), "{}", "x".repeat(64 * 1024));
    let records = end(telemetry, &sink);
    let value = |record: &LogRecord| text(&record.attributes, "value").to_owned();
    assert_eq!(value(&records[0]), "[Debug panicked]");
    assert_eq!(
        value(&records[1]),
        format!("{}…", &"again ".repeat(100)[..200])
    );
    let said = message(&records[2]);
    assert_eq!(said.chars().count(), 64 * 1024 + 1);
    assert!(said.ends_with('…'));
    assert_eq!(
        (message(&records[3]), message(&records[4])),
        ("from inside", "talks")
    );
    assert_eq!(value(&records[4]), "talked");
    assert_eq!(message(&records[5]), "a\0b\nc\u{1b}[31m");
    assert_eq!(message(&records[6]).len(), 64 * 1024);
    assert_eq!(value(&records[6]), format!("{}…", "ä".repeat(200)));
    assert_eq!(records.len(), 7);
}

#[test]
fn lines_before_and_after_go_nowhere_and_those_of_destructors_arrive() {
    let _alone = alone();
    info!("too early");
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(lines_to(&sink));

    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            info!("from a destructor");
        }
    }
    thread_local! {
        static LAST: Last = const { Last };
    }
    thread::spawn(|| LAST.with(|_| info!("from a thread")))
        .join()
        .expect("no panic");
    let records = end(telemetry, &sink);
    info!("too late");
    let messages: Vec<_> = records.iter().map(message).collect();
    assert_eq!(messages, ["from a thread", "from a destructor"]);

    let again = start(lines_to(&sink));
    error!("once more");
    assert_eq!(message(&end(again, &sink)[2]), "once more");
}

#[test]
fn lines_of_many_threads_arrive_once_each_with_times_of_their_own() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(lines_to(&sink));
    const THREADS: u64 = 4;
    const LINES: u64 = 5_000;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || (0..LINES).for_each(|line| info!(thread, line, "burst")));
        }
    });
    let records = end(telemetry, &sink);
    assert_eq!(records.len() as u64, THREADS * LINES);
    let times: Vec<_> = records.iter().map(|record| record.time_unix_nano).collect();
    assert!(times.is_sorted_by(|earlier, later| earlier < later));
    for thread in 0..THREADS {
        let of_thread = records
            .iter()
            .filter(|record| attribute(record, "thread") == Some(&Value::IntValue(thread as i64)))
            .map(|record| attribute(record, "line").cloned());
        assert!(of_thread.eq((0..LINES).map(|line| Some(Value::IntValue(line as i64)))));
    }
}

/// What sending itself says is not sent: that would never end.
#[test]
fn nothing_feeds_back() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(
        logs_to(&sink)
            .otlp(sink.url())
            .set("log_filter", "trace")
            .set("logs_batch_delay_ms", 5)
            .set("metrics_export_interval_ms", 5),
    );
    info!("the only one");
    until("some exports", || sink.seen().requests > 20);
    let records = end(telemetry, &sink);
    let messages: Vec<_> = records.iter().map(message).collect();
    assert_eq!(messages, ["the only one"]);
}

/// Lines that were written are delivered or counted as dropped, each.
fn all_are_accounted_for(overflow: &str, lines: u64) -> (u64, u64) {
    let sink = Sink::counting(Mode::Silent);
    let telemetry = start(
        lines_to(&sink)
            .set("logs_overflow", overflow)
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_block_timeout_ms", 1),
    );
    let filler = "x".repeat(150);
    (0..lines).for_each(|line| info!(line, filler, "burst"));
    sink.set_mode(Mode::Accept);
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!((report.logs.waiting, report.in_time), (0, true), "{report}");
    assert_eq!(report.logs.delivered, sink.seen().log_count);
    (report.logs.delivered, report.logs.dropped)
}

#[test]
fn under_overflow_counts_are_exact() {
    let _alone = alone();
    for overflow in ["drop_newest", "drop_oldest"] {
        let (delivered, dropped) = all_are_accounted_for(overflow, 20_000);
        assert_eq!(delivered + dropped, 20_000, "{overflow}");
        assert!(
            delivered > 0 && dropped > 0,
            "{overflow}: {delivered} {dropped}"
        );
    }
}

#[test]
fn who_may_wait_waits_for_room_but_not_for_ever() {
    let _alone = alone();
    // 2 ms a line that finds no room.
    let (delivered, dropped) = all_are_accounted_for("block", 2_000);
    assert_eq!(delivered + dropped, 2_000);
    assert!(
        dropped > 0,
        "the sink took nothing for longer than a line waits"
    );

    let sink = Sink::counting(Mode::Accept);
    let telemetry = start(
        lines_to(&sink)
            .set("logs_overflow", "block")
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_block_timeout_ms", 60_000),
    );
    let filler = "x".repeat(150);
    (0..20_000).for_each(|line| info!(line, filler, "burst"));
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(sink.seen().log_count, 20_000, "none is lost");
}

/// One destination takes nothing: the other gets what is written all the same.
#[test]
fn who_waits_for_one_of_two_does_not_keep_the_other_waiting_for_ever() {
    const LINES: u64 = 10_000;
    let _alone = alone();
    let sink = Sink::counting(Mode::Silent);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("logs.jsonl");
    let telemetry = start(
        lines_to(&sink)
            .set("logs_exporter", vec!["otlp", "file"])
            .set("logs_file", file.to_string_lossy().into_owned())
            .set("logs_overflow", "block")
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_block_timeout_ms", 5),
    );
    let filler = "x".repeat(150);
    (0..LINES).for_each(|line| info!(line, filler, "burst"));
    sink.set_mode(Mode::Accept);
    assert!(telemetry.flush(PATIENCE).in_time);
    let health = health();
    let dropped_by = |name: &str| {
        let of = health.destinations.iter().filter(|one| one.name == name);
        of.flat_map(|one| &one.dropped)
            .map(|(_, lines)| lines)
            .sum::<u64>()
    };
    let found_no_room = health.log_lines_dropped_before_export;
    let report = telemetry.shutdown(PATIENCE);
    let written = std::fs::read_to_string(file).expect("it is there");
    let in_file = written.matches("\"burst\"").count() as u64;
    let arrived = sink.seen().log_count;
    assert!(in_file > 1_000, "more than waits anywhere: {in_file}");
    assert!(dropped_by("otlp") > 0, "it was full: {health:?}");
    assert_eq!(report.logs.delivered, in_file + arrived, "{report}");
    // What found no room at all is lost to both, and counted once.
    assert_eq!(
        in_file + dropped_by("file") + found_no_room,
        LINES,
        "{health:?}"
    );
    assert_eq!(
        arrived + dropped_by("otlp") + found_no_room,
        LINES,
        "{health:?}"
    );
}

#[test]
fn neither_kind_takes_the_others_room() {
    let _alone = alone();
    let sink = Sink::counting(Mode::Silent);
    let telemetry = start(
        logs_to(&sink)
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_batch_delay_ms", 1),
    );
    let filler = "x".repeat(150);
    (0..20_000).for_each(|line| info!(line, filler, "burst"));
    until("the flood is dropped", || {
        let health = health();
        let dropped = health.destinations.iter().flat_map(|one| &one.dropped);
        dropped.map(|(_, lines)| lines).sum::<u64>() + health.log_lines_dropped_before_export > 0
    });
    let before = sink.seen().log_count;
    assert!(lookup(20, "").is_err());
    telemetry.flush(Duration::from_millis(1));
    sink.set_mode(Mode::Accept);
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.logs.dropped > 0 && sink.seen().log_count > before);
    let by_calls = report.logs.delivered + report.logs.dropped - 20_000;
    assert_eq!(by_calls, 1, "{report}");
}

#[test]
fn a_program_may_keep_its_lines_to_itself() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    // The subscriber is there since an earlier test, and takes nothing without `init`'s word.
    let telemetry = start(lines_to(&sink).set("log_filter", "off"));
    error!("mine");
    assert_eq!(end(telemetry, &sink).len(), 0);
}

#[test]
fn lines_become_events_of_their_tools_span() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = start(
        Telemetry::builder()
            .no_file()
            .otlp(sink.url())
            .set("logs_exporter", "none")
            .set("trace_events", true),
    );
    working(3);
    info!("outside");
    end(telemetry, &sink);
    let seen = sink.seen();
    let span = seen
        .spans
        .iter()
        .find(|span| span.name == "tool.working")
        .expect("its span");
    let event = &span.events[0];
    assert_eq!((event.name.as_str(), span.events.len()), ("hello 3", 1));
    assert_eq!(text(&event.attributes, "level"), "INFO");
    assert_eq!(text(&event.attributes, "name"), "a \"b\"");
    assert!(seen.logs.is_empty());
}

#[test]
fn a_file_holds_what_a_collector_reads() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("logs.jsonl");
    let telemetry = start(
        Telemetry::builder()
            .no_file()
            .set("logs_exporter", "file")
            .set("logs_file", path.to_string_lossy().into_owned()),
    );
    working(3);
    assert!(telemetry.shutdown(PATIENCE).is_complete());
    let text = std::fs::read_to_string(path).expect("it is there");
    let mut records = Vec::new();
    for line in text.lines() {
        let request: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let of_scope = &request["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
        records.extend(of_scope.as_array().expect("records").clone());
    }
    let bodies: Vec<_> = records
        .iter()
        .map(|record| record["body"]["stringValue"].as_str())
        .collect();
    assert!(bodies.contains(&Some("hello 3")), "{text}");
    assert!(
        bodies
            .iter()
            .flatten()
            .any(|body| body.starts_with("working succeeded in "))
    );
    let trace = records[0]["traceId"].as_str().expect("in hexadecimal");
    assert_eq!(trace.len(), 32);
}
