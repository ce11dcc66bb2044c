//! From records to encoded batches: the collector's side of traces.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::call::attributes::{Seen, Written};
use crate::call::clock::Anchor;
use crate::call::record::{Event, Ids, Kept, Record};
use crate::call::tool::Origin;
use crate::collector::{Captured, Overflow, Sink};
use crate::export::Batch;
use crate::names::attribute::{
    CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, ERROR_MESSAGE, ERROR_SOURCE,
    GEN_AI_OPERATION_NAME, GEN_AI_TOOL_CALL_ID, GEN_AI_TOOL_NAME, TOOL_NAME, TOOL_PARAMS_COUNT,
    TOOL_SAMPLED_REASON,
};
use crate::names::{GEN_AI_SPAN_PREFIX, SPAN_PREFIX};
use crate::otlp::Resource;
use crate::otlp::span::{
    Link, Parent, SpanData, SpanWriter, StaticParts, StaticSpan, Status, TraceEncoder,
};
use crate::value::Value;

/// Encodes each span as it comes and hands on what is full or old enough.
pub(crate) struct Spans {
    encoder: TraceEncoder,
    /// By position of the origin.
    parts: Vec<Option<StaticParts>>,
    rules: Rules,
    hand_on: Box<dyn Fn(Arc<Batch>) + Send>,
    /// When the first span of the open batch came.
    opened: Option<Instant>,
    counts: Arc<SpanCounts>,
    /// Encoded, and not yet in `counts`.
    uncounted: u64,
}

/// What the configuration says of batches and names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) batch_max_spans: usize,
    pub(crate) batch_delay: Duration,
    pub(crate) gen_ai: bool,
}

/// A batch is closed at so many bytes, whatever it holds: servers take 4 MiB and more.
const BATCH_MAX_BYTES: usize = 3 << 20;

/// Spans on their way to the queues. Every one that was to be sent is in one of the two.
#[derive(Debug, Default)]
pub(crate) struct SpanCounts {
    pub(crate) encoded: AtomicU64,
    /// They found no room in their thread's ring.
    pub(crate) dropped: AtomicU64,
    /// Of OpenTelemetry's SDK, which found no room either.
    pub(crate) sdk_dropped: AtomicU64,
}

impl Spans {
    pub(crate) fn new(
        resource: &Resource,
        rules: Rules,
        counts: Arc<SpanCounts>,
        hand_on: impl Fn(Arc<Batch>) + Send + 'static,
    ) -> Self {
        Self {
            encoder: TraceEncoder::new(resource),
            parts: Vec::new(),
            rules,
            hand_on: Box::new(hand_on),
            opened: None,
            counts,
            uncounted: 0,
        }
    }

    fn count(&mut self) {
        let encoded = std::mem::take(&mut self.uncounted);
        self.counts.encoded.fetch_add(encoded, Relaxed);
    }

    fn close(&mut self) {
        // Nobody is to hear of spans that arrived before they were encoded.
        self.count();
        self.opened = None;
        if let Some(batch) = self.encoder.close() {
            (self.hand_on)(batch);
        }
    }
}

impl Sink for Spans {
    fn calls(&mut self, calls: &[Record], captured: Captured<'_>, anchor: &Anchor) {
        let sent = calls.iter().filter(|record| record.is_sent());
        sent.for_each(|record| self.span(record, captured.of(record), anchor));
        self.count();
    }

    fn overflow(&mut self, overflow: &Overflow) {
        self.counts.dropped.fetch_add(overflow.spans, Relaxed);
    }

    fn tick(&mut self, flush: bool) {
        if self.encoder.spans() == 0 {
            return;
        }
        let opened = *self.opened.get_or_insert_with(Instant::now);
        if flush || opened.elapsed() >= self.rules.batch_delay {
            self.close();
        }
    }
}

impl Spans {
    fn span(&mut self, record: &Record, captured: Written<'_>, anchor: &Anchor) {
        let nanos = record.nanos();
        let parts = parts(&mut self.parts, record.origin, self.rules.gen_ai);
        let details = record.details.as_deref();
        let start = anchor.unix_ns(record.start);
        let gen_ai = self.rules.gen_ai;
        let data = SpanData {
            trace_id: record.ids.trace_bytes(),
            span_id: record.ids.span_bytes(),
            parent: (record.parent != 0).then(|| Parent {
                span_id: record.parent.to_be_bytes(),
                remote: record.ids.remote_parent,
            }),
            trace_state: details
                .and_then(|details| details.trace_state.as_deref())
                .unwrap_or(""),
            sampled: record.ids.sampled,
            start,
            end: start.saturating_add(nanos),
            parts,
            status: status(record),
            outcome: record.outcome.as_str(),
            duration_ms: nanos as f64 / 1e6,
            slow: nanos > record.origin.tool.slow_over(),
            error_type: details.and_then(|details| details.error_type.as_deref()),
        };
        let has_more = has_more(record, gen_ai);
        self.encoder.push(&data, |span| {
            if has_more {
                more(span, record, captured, gen_ai, anchor);
            }
        });
        self.uncounted += 1;
        if self.encoder.spans() >= self.rules.batch_max_spans as u64
            || self.encoder.bytes() >= BATCH_MAX_BYTES
        {
            self.close();
        }
    }
}

fn status(record: &Record) -> Status<'_> {
    if !record.outcome.is_error() {
        return Status::Unset;
    }
    let details = record.details.as_ref();
    Status::Error(
        details
            .and_then(|details| details.error_message.as_deref())
            .unwrap_or(""),
    )
}

/// Whether there is anything that is not the same for all spans.
#[inline]
fn has_more(record: &Record, gen_ai: bool) -> bool {
    let Origin { tool, place, .. } = record.origin;
    let is_plain = record.details.is_none()
        && record.captured.length == 0
        && record.kept == Kept::No
        && place.params.is_some()
        && !gen_ai
        && !tool.has_notes();
    !is_plain
}

/// What is not the same for all spans.
#[inline(never)]
fn more(
    span: &mut SpanWriter<'_>,
    record: &Record,
    captured: Written<'_>,
    gen_ai: bool,
    anchor: &Anchor,
) {
    for note in record.origin.tool.take_notes() {
        // It may be of a moment before the span's start or after its end.
        let at = note.at.min(record.end).max(record.start);
        event(span, &note, anchor.unix_ns(at));
    }
    if let Some(reason) = record.kept.reason().filter(|_| record.kept != Kept::No) {
        span.text(TOOL_SAMPLED_REASON, reason);
    }
    if gen_ai {
        let id = format!("{:016x}", record.ids.span);
        span.text(GEN_AI_TOOL_CALL_ID, &id);
    }
    if record.origin.place.params.is_none() {
        let params = captured.params() as i64;
        span.attribute(TOOL_PARAMS_COUNT, &Value::I64(params));
    }
    if let Some(details) = &record.details {
        if let Some(message) = &details.error_message {
            span.text(ERROR_MESSAGE, message);
        }
        if let Some(sources) = &details.error_source {
            span.text(ERROR_SOURCE, sources);
        }
    }
    for (key, value) in captured.iter() {
        match value {
            Seen::Text(text) => span.text(key, text),
            Seen::Value(value) => span.attribute(key, &value),
        }
    }
    let Some(details) = &record.details else {
        return;
    };
    for (key, value) in &details.attributes {
        span.attribute(key, value);
    }
    for happened in &details.events {
        event(span, happened, anchor.unix_ns(happened.at));
    }
    for link in &details.links {
        span.link(&Link {
            trace_id: Ids::bytes_of(link.trace),
            span_id: link.span.to_be_bytes(),
            trace_state: link.state.as_deref().unwrap_or(""),
            sampled: link.sampled,
            remote: link.remote,
        });
    }
    if details.left_out.attributes > 0 {
        span.dropped_attributes(details.left_out.attributes);
    }
    if details.left_out.events > 0 {
        span.dropped_events(details.left_out.events);
    }
}

/// `at`: Unix time, ns.
fn event(span: &mut SpanWriter<'_>, event: &Event, at: u64) {
    let attributes = event
        .attributes
        .iter()
        .map(|(key, value)| (Cow::as_ref(key), value));
    span.event(&event.name, at, attributes);
}

/// The parts of an origin, made when it is first seen.
fn parts<'a>(
    known: &'a mut Vec<Option<StaticParts>>,
    origin: &Origin,
    gen_ai: bool,
) -> &'a StaticParts {
    let id = origin.id as usize;
    if id >= known.len() {
        known.resize_with(id + 1, || None);
    }
    known[id].get_or_insert_with(|| make_parts(origin, gen_ai))
}

fn make_parts(origin: &Origin, gen_ai: bool) -> StaticParts {
    let name = origin.tool.name;
    let place = origin.place;
    let text = |text: &str| Value::Str(Cow::Owned(text.to_owned()));
    let mut attributes = vec![(TOOL_NAME, text(name))];
    if !place.file.is_empty() {
        attributes.push((CODE_FUNCTION_NAME, text(place.function)));
        attributes.push((CODE_FILE_PATH, text(place.file)));
        attributes.push((CODE_LINE_NUMBER, Value::from(place.line)));
    }
    if let Some(params) = place.params {
        attributes.push((TOOL_PARAMS_COUNT, Value::from(params)));
    }
    if gen_ai {
        attributes.push((GEN_AI_OPERATION_NAME, Value::from("execute_tool")));
        attributes.push((GEN_AI_TOOL_NAME, text(name)));
    }
    let prefix = if gen_ai {
        GEN_AI_SPAN_PREFIX
    } else {
        SPAN_PREFIX
    };
    let span_name = format!("{prefix}{name}");
    StaticParts::new(&StaticSpan {
        name: &span_name,
        kind: place.kind,
        attributes: &attributes,
    })
}
