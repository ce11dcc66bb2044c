//! What the program itself writes by `tracing`.

use std::fmt;
use std::thread;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use telemetry_runtime::{Telemetry, current, tool};
use telemetry_tests::sink::{Mode, Sink, message, text};
use telemetry_tests::{PATIENCE, alone, until};
use tracing::{debug, error, info, info_span, warn};

use super::{attribute, end, lines_to, logs_to, start, string};

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
    assert_eq!(of("target"), string(module_path!()));
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
    assert_eq!(of("target"), string(module_path!()));
    assert_eq!(
        (of("api_key"), of("token")),
        (string("[redacted]"), string("[redacted]"))
    );

    let line = &records[2];
    assert_eq!(
        (message(line), line.severity_text.as_str()),
        ("by log", "WARN")
    );
    assert_eq!(attribute(line, "target").cloned(), string(module_path!()));
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
