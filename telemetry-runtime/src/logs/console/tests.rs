use std::time::{Duration, Instant};

use super::*;
use crate::export::Lane;
use crate::export::console::{Style, fuzz_console};
use crate::otlp::Resource;
use crate::otlp::logs::{LogData, LogEncoder, Severity, SpanRef};
use crate::value::Value;

/// A call that failed, and a line of the program's that a terminal would obey.
fn batch() -> std::sync::Arc<Batch> {
    let mut encoder = LogEncoder::new(&Resource::new([]), Lane::Calls);
    let log = LogData {
        time: 1_700_000_000_123_456_789,
        observed: 0,
        severity: Severity::Error,
        span: Some(SpanRef {
            trace_id: [0xab; 16],
            span_id: [0xcd; 8],
            sampled: true,
        }),
        event_name: "tool.call",
        body: "load failed after 1.50 ms: NotFound",
    };
    encoder.push(&log, |log| {
        log.text("tool.name", "load");
        log.double("duration_ms", 1.5);
        log.text("status", "error");
        log.text("error.type", "NotFound");
        log.attribute("tool.param.n", &Value::from(3));
    });
    let log = LogData {
        severity: Severity::Info,
        span: None,
        event_name: "",
        body: "a\n\u{1b}[31mb",
        ..log
    };
    encoder.push(&log, |log| {
        log.text("target", "shop::cart");
        log.text("name", "a \"b\"");
        log.text("time", "noon");
    });
    encoder.close().unwrap()
}

fn written(format: LogsFormat, style: Style) -> String {
    let mut text = Vec::new();
    let mut console = Console {
        format,
        output: Output::new(&mut text),
    };
    console.output.style = style;
    let deadline = Instant::now() + Duration::from_secs(1);
    console.export(&batch(), deadline).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn compact() {
    assert_eq!(
        written(LogsFormat::Compact, Style::Plain),
        "2023-11-14T22:13:20.123Z ERROR abababab load load failed after 1.50 ms: NotFound tool.param.n=3\n\
         2023-11-14T22:13:20.123Z INFO  -------- shop::cart a\\n\\u{1b}[31mb name=\"a \\\"b\\\"\" time=\"noon\"\n"
    );
}

#[test]
fn pretty() {
    assert_eq!(
        written(LogsFormat::Pretty, Style::Plain),
        "2023-11-14T22:13:20.123Z ERROR load\n  load failed after 1.50 ms: NotFound\n    tool.param.n: 3\n    \
         trace abababababababababababababababab span cdcdcdcdcdcdcdcd\n\
         2023-11-14T22:13:20.123Z INFO  shop::cart\n  a\\n\\u{1b}[31mb\n    name: \"a \\\"b\\\"\"\n    time: \"noon\"\n"
    );
}

#[test]
fn json() {
    let text = written(LogsFormat::Json, Style::Plain);
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines[0],
        serde_json::json!({
            "time": "2023-11-14T22:13:20.123Z", "level": "ERROR",
            "message": "load failed after 1.50 ms: NotFound", "tool_name": "load",
            "trace_id": "abababababababababababababababab", "span_id": "cdcdcdcdcdcdcdcd",
            "duration_ms": 1.5, "status": "error", "error_type": "NotFound", "tool.param.n": 3,
        })
    );
    assert_eq!(
        lines[1],
        serde_json::json!({
            "time": "2023-11-14T22:13:20.123Z", "level": "INFO", "message": "a\n\u{1b}[31mb",
            "target": "shop::cart", "name": "a \"b\"",
        })
    );
}

#[test]
fn colours_only_where_they_are_asked_for() {
    let coloured = written(LogsFormat::Compact, Style::Colours);
    assert!(coloured.contains("\u{1b}[31mERROR\u{1b}[0m"), "{coloured}");
    assert!(!written(LogsFormat::Compact, Style::Plain).contains('\u{1b}'));
}

#[test]
fn fuzz_batches_on_the_console() {
    let whole = batch();
    let formats = [LogsFormat::Compact, LogsFormat::Pretty, LogsFormat::Json];
    let tried = fuzz_console(
        "log records on the console",
        &whole,
        &formats,
        |format, batch, text| {
            let output = Output::new(text);
            let mut console = Console { format, output };
            console.export(batch, Instant::now()).is_ok()
        },
    );
    assert!(tried.became.len() > 4, "{tried}");
}
