//! One span, field by field. The numbers are those of `opentelemetry/proto/trace/v1/trace.proto`.

use super::{SpanData, Status};
use crate::names::attribute::{ERROR_TYPE, TOOL_DURATION_MS, TOOL_SLOW, TOOL_STATUS};
use crate::otlp::{attribute, wire};
use crate::value::Value;

/// `Span.attributes`
pub(super) const ATTRIBUTES: u32 = 9;

/// Bytes of a span's fields of known length, at most; those of its parent, which a root has not.
const FIXED: usize = 62;
const PARENT: usize = 10;
/// Bytes before a span of a request: tag and length.
pub(super) const ITEM: usize = 1 + wire::SHORT;
/// The longest rest of a span whose length is known to fit there, details and all.
pub(super) const LONGEST_REST: usize = (1 << 14) - 1 - FIXED;
/// Bytes of the longest outcome that goes the short way; there is none that is longer.
const LONGEST_OUTCOME: usize = 16;
/// Bytes of its last two attributes, at most.
const ENDING: usize = 8 + TOOL_STATUS.len() + LONGEST_OUTCOME + 7 + TOOL_DURATION_MS.len() + 8;

/// W3C's flag `sampled`.
const SAMPLED: u32 = 0x01;
/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: it is known whether the parent, or the link, is remote.
const HAS_IS_REMOTE: u32 = 0x100;
/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`
const IS_REMOTE: u32 = 0x200;

/// A span that is being written.
#[derive(Debug)]
pub(crate) struct SpanWriter<'a> {
    out: &'a mut Vec<u8>,
}

/// Another span that this one has to do with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) trace_state: &'a str,
    pub(crate) sampled: bool,
    pub(crate) remote: bool,
}

impl<'a> SpanWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Of all that is written so far.
    pub(super) fn length(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn attribute(&mut self, key: &str, value: &Value) {
        attribute::value(self.out, ATTRIBUTES, key, value);
    }

    /// An attribute that is a text, borrowed.
    pub(crate) fn text(&mut self, key: &str, text: &str) {
        attribute::string(self.out, ATTRIBUTES, key, text);
    }

    /// Attributes left out because there were too many.
    pub(crate) fn dropped_attributes(&mut self, count: u32) {
        wire::number(self.out, 10, count.into());
    }

    /// `time`: Unix time, ns.
    pub(crate) fn event<'v>(
        &mut self,
        name: &str,
        time: u64,
        attributes: impl IntoIterator<Item = (&'v str, &'v Value)>,
    ) {
        wire::message(self.out, 11, |out| {
            wire::fixed64(out, 1, time);
            wire::bytes(out, 2, name.as_bytes());
            for (key, value) in attributes {
                attribute::value(out, 3, key, value);
            }
        });
    }

    /// Events left out because there were too many.
    pub(crate) fn dropped_events(&mut self, count: u32) {
        wire::number(self.out, 12, count.into());
    }

    pub(crate) fn link(&mut self, link: &Link<'_>) {
        wire::message(self.out, 13, |out| {
            wire::bytes(out, 1, &link.trace_id);
            wire::bytes(out, 2, &link.span_id);
            if !link.trace_state.is_empty() {
                wire::bytes(out, 3, link.trace_state.as_bytes());
            }
            wire::fixed32(out, 6, flags(link.sampled, link.remote));
        });
    }

    /// A [plain](SpanData::is_plain) span, tag and length too: its tool's parts, copied once.
    #[inline]
    pub(super) fn plain(&mut self, span: &SpanData<'_>) {
        let rest = span.parts.plain();
        let fixed = FIXED - if span.parent.is_none() { PARENT } else { 0 };
        let length = fixed + rest.len();
        self.out.reserve(ITEM + length);
        let [low, high] = [length as u8 | 0x80, (length >> 7) as u8];
        self.out.extend_from_slice(&[0x12, low, high]);
        self.fixed(span);
        self.out.extend_from_slice(rest);
        let duration = self.out.len() - 8;
        self.out[duration..].copy_from_slice(&span.duration_ms.to_le_bytes());
    }

    pub(super) fn data(&mut self, span: &SpanData<'_>) {
        let parts = span.parts.common();
        // Once for all that nearly each span has.
        self.out.reserve(FIXED + parts.len() + ENDING);
        self.fixed(span);
        self.out.extend_from_slice(parts);
        if !span.trace_state.is_empty() {
            wire::bytes(self.out, 3, span.trace_state.as_bytes());
        }
        ending(self.out, span.outcome, span.duration_ms);
        if span.slow {
            self.attribute(TOOL_SLOW, &Value::Bool(true));
        }
        if let Some(error_type) = span.error_type {
            self.text(ERROR_TYPE, error_type);
        }
        match span.status {
            Status::Unset => {}
            Status::Error(message) => wire::message(self.out, 15, |out| {
                if !message.is_empty() {
                    wire::bytes(out, 2, message.as_bytes());
                }
                wire::number(out, 3, 2);
            }),
        }
    }

    /// The fields of known length, as one block: `trace_id` 1, `span_id` 2, `start_time_unix_nano`
    /// 7, `end_time_unix_nano` 8, `flags` 16, `parent_span_id` 4.
    fn fixed(&mut self, span: &SpanData<'_>) {
        let remote = span.parent.is_some_and(|parent| parent.remote);
        let mut block = [0; FIXED];
        block[..2].copy_from_slice(&[0x0a, 16]);
        block[2..18].copy_from_slice(&span.trace_id);
        block[18..20].copy_from_slice(&[0x12, 8]);
        block[20..28].copy_from_slice(&span.span_id);
        block[28] = 0x39;
        block[29..37].copy_from_slice(&span.start.to_le_bytes());
        block[37] = 0x41;
        block[38..46].copy_from_slice(&span.end.to_le_bytes());
        block[46..48].copy_from_slice(&[0x85, 0x01]);
        block[48..52].copy_from_slice(&flags(span.sampled, remote).to_le_bytes());
        match span.parent {
            None => self.out.extend_from_slice(&block[..FIXED - PARENT]),
            Some(parent) => {
                block[52..54].copy_from_slice(&[0x22, 8]);
                block[54..].copy_from_slice(&parent.span_id);
                self.out.extend_from_slice(&block);
            }
        }
    }
}

/// `tool.status` and `tool.duration_ms`, as one block.
pub(super) fn ending(out: &mut Vec<u8>, outcome: &str, duration_ms: f64) {
    const STATUS: usize = TOOL_STATUS.len();
    const DURATION: usize = TOOL_DURATION_MS.len();
    let length = outcome.len();
    if length > LONGEST_OUTCOME {
        attribute::string(out, ATTRIBUTES, TOOL_STATUS, outcome);
        attribute::double(out, ATTRIBUTES, TOOL_DURATION_MS, duration_ms);
        return;
    }
    let mut block = [0; ENDING];
    block[..4].copy_from_slice(&[0x4a, (STATUS + length + 6) as u8, 0x0a, STATUS as u8]);
    block[4..][..STATUS].copy_from_slice(TOOL_STATUS.as_bytes());
    block[4 + STATUS..][..4].copy_from_slice(&[0x12, length as u8 + 2, 0x0a, length as u8]);
    let at = 8 + STATUS;
    block[at..][..length].copy_from_slice(outcome.as_bytes());
    let block = &mut block[..at + length + 7 + DURATION + 8];
    let duration = &mut block[at + length..];
    duration[..4].copy_from_slice(&[0x4a, DURATION as u8 + 13, 0x0a, DURATION as u8]);
    duration[4..][..DURATION].copy_from_slice(TOOL_DURATION_MS.as_bytes());
    duration[4 + DURATION..][..3].copy_from_slice(&[0x12, 9, 0x21]);
    duration[7 + DURATION..].copy_from_slice(&duration_ms.to_le_bytes());
    out.extend_from_slice(block);
}

fn flags(sampled: bool, remote: bool) -> u32 {
    HAS_IS_REMOTE | if sampled { SAMPLED } else { 0 } | if remote { IS_REMOTE } else { 0 }
}
