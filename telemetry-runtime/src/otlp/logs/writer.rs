//! One record, field by field. The numbers are those of `opentelemetry/proto/logs/v1/logs.proto`.

use super::{LogData, LogParts, Severity, SpanRef};
use crate::otlp::{attribute, wire};
use crate::value::Value;

/// `LogRecord.attributes`
pub(super) const ATTRIBUTES: u32 = 6;

/// W3C's flag `sampled`.
const SAMPLED: u32 = 0x01;

/// A record that is being written.
#[derive(Debug)]
pub(crate) struct LogWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> LogWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Attributes that were encoded before.
    pub(crate) fn parts(&mut self, parts: &LogParts) {
        self.out.extend_from_slice(parts.encoded());
    }

    pub(crate) fn attribute(&mut self, key: &str, value: &Value) {
        attribute::value(self.out, ATTRIBUTES, key, value);
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        attribute::string(self.out, ATTRIBUTES, key, text);
    }

    pub(crate) fn double(&mut self, key: &str, number: f64) {
        attribute::double(self.out, ATTRIBUTES, key, number);
    }

    /// Attributes left out because there were too many.
    pub(crate) fn dropped_attributes(&mut self, count: u32) {
        wire::number(self.out, 7, count.into());
    }

    pub(super) fn data(&mut self, log: &LogData<'_>) {
        self.begin(log.time, log.observed, log.severity, log.span);
        self.body(log.body);
        self.event_name(log.event_name);
    }

    /// All but message and attributes. First of all, so that [`set_time`] finds the time.
    pub(crate) fn begin(
        &mut self,
        time: u64,
        observed: u64,
        severity: Severity,
        span: Option<SpanRef>,
    ) {
        self.fixed(time, observed, severity, span);
        wire::bytes(self.out, 3, severity.as_str().as_bytes());
    }

    /// The message.
    pub(crate) fn body(&mut self, text: &str) {
        if text.len() < 0x7e {
            // Both lengths are one byte.
            let length = text.len() as u8;
            self.out
                .extend_from_slice(&[0x2a, length + 2, 0x0a, length]);
            return self.out.extend_from_slice(text.as_bytes());
        }
        let length = 1 + wire::varint_len(text.len() as u64) + text.len();
        wire::tag(self.out, 5, wire::BYTES);
        wire::varint(self.out, length as u64);
        wire::bytes(self.out, 1, text.as_bytes());
    }

    /// What kind of event it is; nothing for a line.
    pub(crate) fn event_name(&mut self, name: &str) {
        if !name.is_empty() {
            wire::bytes(self.out, 12, name.as_bytes());
        }
    }

    /// The fields of known length, as one block: `time_unix_nano` 1, `observed_time_unix_nano` 11,
    /// `severity_number` 2, and of the span `flags` 8, `trace_id` 9, `span_id` 10.
    fn fixed(&mut self, time: u64, observed: u64, severity: Severity, span: Option<SpanRef>) {
        let mut block = [0; 53];
        block[0] = 0x09;
        block[1..9].copy_from_slice(&time.to_le_bytes());
        block[9] = 0x59;
        block[10..18].copy_from_slice(&observed.to_le_bytes());
        block[18..20].copy_from_slice(&[0x10, severity as u8]);
        let Some(span) = span else {
            return self.out.extend_from_slice(&block[..20]);
        };
        block[20] = 0x45;
        let flags = if span.sampled { SAMPLED } else { 0 };
        block[21..25].copy_from_slice(&flags.to_le_bytes());
        block[25..27].copy_from_slice(&[0x4a, 16]);
        block[27..43].copy_from_slice(&span.trace_id);
        block[43..45].copy_from_slice(&[0x52, 8]);
        block[45..].copy_from_slice(&span.span_id);
        self.out.extend_from_slice(&block);
    }
}

/// Gives an encoded record another time, Unix ns, at which it was observed too.
pub(crate) fn set_time(record: &mut [u8], time: u64) {
    // Its tag, its length, then the block that `fixed` wrote.
    let length = record
        .iter()
        .skip(1)
        .take_while(|byte| **byte >= 0x80)
        .count()
        + 1;
    let block = 1 + length;
    for start in [block + 1, block + 10] {
        if let Some(place) = record.get_mut(start..start + 8) {
            place.copy_from_slice(&time.to_le_bytes());
        }
    }
}
