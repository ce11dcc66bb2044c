//! Lines of one tool, no more than tracing-loki's channel holds, as events.

use std::collections::VecDeque;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Map, Value};
use tracing::Level;

use crate::export::attributes;
use crate::logs::records;
use crate::names::{attribute, log};

/// What goes into the channel at a time. It holds 512, but tokio lets a task take 128 of them before
/// it has to give way: the rest would be a second request, and which of the two failed is not told.
pub(super) const MOST_LINES: usize = 100;

pub(super) struct Portion {
    /// Empty for lines outside of tools.
    pub(super) tool: String,
    lines: Vec<Line>,
}

/// The fields of an event, which have to be known when the program is compiled.
struct Line {
    level: Level,
    /// In upper case.
    name: String,
    time: u64,
    message: String,
    tool: String,
    trace_id: Option<String>,
    span_id: Option<String>,
    duration_ms: Option<f64>,
    status: Option<String>,
    error_type: Option<String>,
    /// The others.
    fields: Option<String>,
}

/// A batch by tool, in order.
pub(super) fn portions(request: &ExportLogsServiceRequest) -> VecDeque<Portion> {
    let mut portions: VecDeque<Portion> = VecDeque::new();
    for record in records::of(request) {
        let line = Line::new(record);
        let open = portions
            .iter_mut()
            .rev()
            .find(|portion| portion.tool == line.tool)
            .filter(|portion| portion.lines.len() < MOST_LINES);
        match open {
            Some(portion) => portion.lines.push(line),
            None => portions.push_back(Portion {
                tool: line.tool.clone(),
                lines: vec![line],
            }),
        }
    }
    portions
}

impl Portion {
    pub(super) fn lines(&self) -> u64 {
        self.lines.len() as u64
    }

    /// Each line as an event, for the subscriber that is the default now.
    pub(super) fn write(&self) {
        self.lines.iter().for_each(Line::write);
    }
}

impl Line {
    fn new(record: &LogRecord) -> Self {
        let mut line = Self {
            level: level(record.severity_number),
            name: record.severity_text.to_ascii_uppercase(),
            time: record.time_unix_nano.max(record.observed_time_unix_nano),
            message: attributes::text(record.body.as_ref()),
            tool: String::new(),
            trace_id: id(&record.trace_id),
            span_id: id(&record.span_id),
            duration_ms: None,
            status: None,
            error_type: None,
            fields: None,
        };
        let mut fields = Map::new();
        for (key, value) in attributes::object(&record.attributes) {
            match (key.as_str(), value) {
                (attribute::TOOL_NAME, Value::String(text)) => line.tool = text,
                (attribute::ERROR_TYPE, Value::String(text)) => line.error_type = Some(text),
                (log::STATUS, Value::String(text)) => line.status = Some(text),
                (log::DURATION_MS, Value::Number(number)) => line.duration_ms = number.as_f64(),
                (_, value) => drop(fields.insert(key, value)),
            }
        }
        line.fields = (!fields.is_empty()).then(|| Value::Object(fields).to_string());
        line
    }

    fn write(&self) {
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "telemetry",
                    $level,
                    level = self.name.as_str(),
                    time = self.time,
                    tool_name = (!self.tool.is_empty()).then_some(self.tool.as_str()),
                    trace_id = self.trace_id.as_deref(),
                    span_id = self.span_id.as_deref(),
                    duration_ms = self.duration_ms,
                    status = self.status.as_deref(),
                    error_type = self.error_type.as_deref(),
                    fields = self.fields.as_deref(),
                    message = self.message.as_str(),
                )
            };
        }
        match self.level {
            Level::ERROR => event!(Level::ERROR),
            Level::WARN => event!(Level::WARN),
            Level::INFO => event!(Level::INFO),
            Level::DEBUG => event!(Level::DEBUG),
            Level::TRACE => event!(Level::TRACE),
        }
    }
}

/// There is nothing above `ERROR`.
fn level(number: i32) -> Level {
    match number {
        1..=4 => Level::TRACE,
        5..=8 => Level::DEBUG,
        13..=16 => Level::WARN,
        17.. => Level::ERROR,
        _ => Level::INFO,
    }
}

fn id(id: &[u8]) -> Option<String> {
    (!id.is_empty()).then(|| attributes::hex(id))
}
