//! Log records: one a call, and what the program itself writes.

mod calls;
mod lines;
mod overflow;

use std::fmt;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use telemetry_runtime::{Builder, Telemetry, tool};
use telemetry_tests::PATIENCE;
use telemetry_tests::sink::Sink;

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
