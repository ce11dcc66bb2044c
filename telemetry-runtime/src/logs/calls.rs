//! A record a call, made from what the call left: the collector's side of logs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::budget::{Budget, Suppressed};
use super::{fields, message, settings};
use crate::call::attributes::{Seen, Written};
use crate::call::clock::Anchor;
use crate::call::record::{Details, Ids};
use crate::call::tool::{self, Level, Tool};
use crate::call::{Outcome, Record};
use crate::collector::{Captured, Overflow, Sink};
use crate::config::{LogCalls, LogLevel};
use crate::export::{Batch, Lane};
use crate::health::LongCall;
use crate::names::attribute::{ERROR_TYPE, THREAD_NAME, TOOL_NAME};
use crate::names::log::{
    DURATION_MS, EVENT_CALL, EVENT_RUNNING, EVENT_SUPPRESSED, RUNNING, STATUS, SUPPRESSED_CALLS,
    SUPPRESSED_FAILURES,
};
use crate::otlp::Resource;
use crate::otlp::logs::{LogData, LogEncoder, LogParts, LogWriter, Severity, SpanRef};
use crate::value::Value;

/// Records that were not written for the sake of `log_calls_per_second`, since `init`.
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);

/// How many records of calls were not written since their tool had written enough.
pub(crate) fn suppressed() -> u64 {
    SUPPRESSED.load(Relaxed)
}

/// Encodes a record of each call that is to have one, and hands on what is full or old enough.
pub(crate) struct CallLogs {
    encoder: LogEncoder,
    /// By position of the tool.
    tools: Vec<Option<Known>>,
    rules: Rules,
    hand_on: Box<dyn Fn(Arc<Batch>) + Send>,
    /// When the first record of the open batch came.
    opened: Option<Instant>,
    begun: Instant,
    /// When it was last said what was not written.
    summed_up: Instant,
    text: String,
}

/// What the configuration says of batches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) batch_delay: Duration,
    /// What may wait for one destination.
    pub(crate) queue_max_bytes: usize,
}

/// What is kept of a tool.
struct Known {
    tool: &'static Tool,
    parts: LogParts,
    budget: Budget,
}

/// A batch is closed at so many bytes, or at a quarter of what may wait.
const BATCH_MAX_BYTES: usize = 1 << 20;
/// From one word about what was not written to the next.
const SUM_UP_EVERY: Duration = Duration::from_secs(60);

impl CallLogs {
    pub(crate) fn new(
        resource: &Resource,
        rules: Rules,
        hand_on: impl Fn(Arc<Batch>) + Send + 'static,
    ) -> Self {
        SUPPRESSED.store(0, Relaxed);
        Self {
            encoder: LogEncoder::new(resource, Lane::Calls),
            tools: Vec::new(),
            rules,
            hand_on: Box::new(hand_on),
            opened: None,
            begun: Instant::now(),
            summed_up: Instant::now(),
            text: String::new(),
        }
    }

    fn write(
        &mut self,
        record: &Record,
        captured: Written<'_>,
        nanos: u64,
        severity: Severity,
        anchor: &Anchor,
    ) {
        let slow = is_slow(record, nanos);
        message::of_call(&mut self.text, record, nanos, slow);
        // The same as the end of its span.
        let time = anchor.unix_ns(record.start).saturating_add(nanos);
        let log = LogData {
            time,
            observed: time,
            severity,
            span: span_of(record.ids),
            event_name: EVENT_CALL,
            body: &self.text,
        };
        let known = known(&mut self.tools, record.origin.tool);
        self.encoder.push(&log, |log| {
            log.parts(&known.parts);
            log.double(DURATION_MS, nanos as f64 / 1e6);
            log.text(STATUS, record.outcome.as_str());
            more(log, captured, record.details.as_deref());
        });
        if self.encoder.bytes() >= BATCH_MAX_BYTES.min(self.rules.queue_max_bytes / 4) {
            self.close();
        }
    }

    /// One record for each tool that had more to say than it may.
    fn sum_up(&mut self) {
        self.summed_up = Instant::now();
        for known in self.tools.iter_mut().flatten() {
            let Some(suppressed) = known.budget.take_suppressed() else {
                continue;
            };
            message::of_suppressed(&mut self.text, known.tool.name, &suppressed);
            let Suppressed {
                calls,
                failures,
                severity,
            } = suppressed;
            let severity = severity.unwrap_or(Severity::Info);
            let log = LogData::now(severity, EVENT_SUPPRESSED, &self.text);
            self.encoder.push(&log, |log| {
                log.parts(&known.parts);
                log.attribute(SUPPRESSED_CALLS, &Value::from(calls));
                log.attribute(SUPPRESSED_FAILURES, &Value::from(failures));
            });
        }
    }

    fn close(&mut self) {
        self.opened = None;
        if let Some(batch) = self.encoder.close() {
            (self.hand_on)(batch);
        }
    }
}

impl Sink for CallLogs {
    fn calls(&mut self, calls: &[Record], captured: Captured<'_>, anchor: &Anchor) {
        let second = self.begun.elapsed().as_secs();
        let (level, per_second) = (settings::level(), settings::per_second());
        let mut suppressed = 0;
        for record in calls {
            let nanos = record.nanos();
            let Some(severity) = wanted(record, nanos, level) else {
                continue;
            };
            let failed = record.outcome.is_error();
            let known = known(&mut self.tools, record.origin.tool);
            if known.budget.take(second, per_second, severity, failed) {
                self.write(record, captured.of(record), nanos, severity, anchor);
            } else {
                suppressed += 1;
            }
        }
        if suppressed > 0 {
            SUPPRESSED.fetch_add(suppressed, Relaxed);
        }
    }

    fn overflow(&mut self, overflow: &Overflow) {
        let level = settings::level();
        let tools = tool::known(0);
        for (id, ended) in &overflow.tools {
            let Some(tool) = tools.get(*id as usize) else {
                continue;
            };
            for outcome in Outcome::ALL {
                let calls = ended.ended[outcome as usize];
                // How long each of them took is not known: none counts as slow.
                let severity = severity_of(outcome, false, None);
                if calls > 0 && writes(tool.log_calls(), outcome, false) && severity.is_over(level)
                {
                    let failed = outcome.is_error();
                    known(&mut self.tools, tool)
                        .budget
                        .suppress(calls, severity, failed);
                    SUPPRESSED.fetch_add(calls, Relaxed);
                }
            }
        }
    }

    /// Also where only errors are logged: what hangs may never come to be one. Where the tool is to
    /// leave no record, somebody else may tell.
    fn running(&mut self, tool: &'static Tool, call: &LongCall) -> bool {
        let severity = Severity::Warn;
        if tool.log_calls() == LogCalls::None || !severity.is_over(settings::level()) {
            return false;
        }
        let second = self.begun.elapsed().as_secs();
        let known = known(&mut self.tools, tool);
        if known
            .budget
            .take(second, settings::per_second(), severity, false)
        {
            let ms = call.since.elapsed().unwrap_or_default().as_secs_f64() * 1e3;
            message::of_running(&mut self.text, call, ms);
            // Only a call that has ended says which one it was.
            let log = LogData::now(severity, EVENT_RUNNING, &self.text);
            self.encoder.push(&log, |log| {
                log.parts(&known.parts);
                log.double(DURATION_MS, ms);
                log.text(STATUS, RUNNING);
                if let Some(thread) = &call.thread {
                    log.text(THREAD_NAME, thread);
                }
            });
        }
        true
    }

    fn tick(&mut self, flush: bool) {
        if flush || self.summed_up.elapsed() >= SUM_UP_EVERY {
            self.sum_up();
        }
        if self.encoder.records() == 0 {
            return;
        }
        let opened = *self.opened.get_or_insert_with(Instant::now);
        if flush || opened.elapsed() >= self.rules.batch_delay {
            self.close();
        }
    }
}

/// The severity of a call's record; `None` where it has none.
#[inline]
fn wanted(record: &Record, nanos: u64, level: LogLevel) -> Option<Severity> {
    let which = record.origin.tool.log_calls();
    if which == LogCalls::None {
        return None;
    }
    let slow = is_slow(record, nanos);
    let severity = severity_of(record.outcome, slow, record.origin.place.level);
    (writes(which, record.outcome, slow) && severity.is_over(level)).then_some(severity)
}

fn is_slow(record: &Record, nanos: u64) -> bool {
    nanos > record.origin.tool.slow_over()
}

fn writes(which: LogCalls, outcome: Outcome, slow: bool) -> bool {
    match which {
        LogCalls::None => false,
        LogCalls::Errors => outcome.is_error(),
        LogCalls::Slow => slow || outcome.is_error(),
        LogCalls::All => true,
    }
}

/// Failures are errors, slow calls warnings at least; the others are what the attribute says.
fn severity_of(outcome: Outcome, slow: bool, own: Option<Level>) -> Severity {
    if outcome.is_error() {
        return Severity::Error;
    }
    let own = own.map_or(Severity::Info, Severity::from);
    if slow { own.max(Severity::Warn) } else { own }
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl Severity {
    /// Whether `log_level` lets it through.
    pub(super) fn is_over(self, level: LogLevel) -> bool {
        let least = match level {
            LogLevel::Trace => Self::Trace,
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warn => Self::Warn,
            LogLevel::Error => Self::Error,
            LogLevel::Critical => Self::Fatal,
        };
        self >= least
    }
}

pub(super) fn span_of(ids: Ids) -> Option<SpanRef> {
    ids.is_known().then(|| SpanRef {
        trace_id: ids.trace_bytes(),
        span_id: ids.span_bytes(),
        sampled: ids.sampled,
    })
}

/// What is not the same for all records.
fn more(log: &mut LogWriter<'_>, captured: Written<'_>, details: Option<&Details>) {
    if let Some(error_type) = details.and_then(|details| details.error_type.as_ref()) {
        log.text(ERROR_TYPE, error_type);
    }
    for (key, value) in captured.iter() {
        let name = fields::name(key);
        match value {
            Seen::Text(text) => log.text(&name, text),
            Seen::Value(value) => log.attribute(&name, &value),
        }
    }
    let Some(details) = details else { return };
    for (key, value) in &details.attributes {
        log.attribute(&fields::name(key), value);
    }
    if details.left_out.attributes > 0 {
        log.dropped_attributes(details.left_out.attributes);
    }
}

fn known<'a>(tools: &'a mut Vec<Option<Known>>, tool: &'static Tool) -> &'a mut Known {
    let id = tool.id as usize;
    if id >= tools.len() {
        tools.resize_with(id + 1, || None);
    }
    tools[id].get_or_insert_with(|| Known {
        tool,
        parts: LogParts::new(&[(TOOL_NAME, Value::from(tool.name))]),
        budget: Budget::default(),
    })
}
