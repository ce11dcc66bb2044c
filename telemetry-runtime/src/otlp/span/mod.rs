//! Spans, written straight into the request that carries them.

mod parts;
mod writer;

use std::sync::Arc;

pub(crate) use parts::{StaticParts, StaticSpan};
pub(crate) use writer::{Link, SpanWriter};

use super::open::OpenBatch;
use super::resource::Resource;
use super::wire;
use crate::export::{Batch, Lane, Signal};

/// What differs from one span to the next of the same tool, without what only few spans have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanData<'a> {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    /// `None`: a root.
    pub(crate) parent: Option<Parent>,
    /// The W3C `tracestate`, mostly empty.
    pub(crate) trace_state: &'a str,
    pub(crate) sampled: bool,
    /// Unix time, ns.
    pub(crate) start: u64,
    /// Unix time, ns.
    pub(crate) end: u64,
    pub(crate) parts: &'a StaticParts,
    pub(crate) status: Status<'a>,
    /// `tool.status`
    pub(crate) outcome: &'a str,
    /// `tool.duration_ms`
    pub(crate) duration_ms: f64,
    /// `tool.slow`, written where it is true.
    pub(crate) slow: bool,
    /// `error.type`
    pub(crate) error_type: Option<&'a str>,
}

impl SpanData<'_> {
    /// The call succeeded, and nothing else is to be said of it here.
    #[inline]
    fn is_plain(&self) -> bool {
        self.outcome == SUCCESS
            && self.status == Status::Unset
            && self.trace_state.is_empty()
            && !self.slow
            && self.error_type.is_none()
            && self.parts.plain().len() <= writer::LONGEST_REST
    }
}

/// The outcome that most calls have.
const SUCCESS: &str = "success";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) span_id: [u8; 8],
    /// It is in another process.
    pub(crate) remote: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status<'a> {
    Unset,
    /// With a description, or an empty one.
    Error(&'a str),
}

/// The open batch: spans are appended to it until it is [closed](TraceEncoder::close).
#[derive(Debug)]
pub(crate) struct TraceEncoder(OpenBatch);

impl TraceEncoder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self(OpenBatch::new(Signal::Traces, Lane::Calls, resource))
    }

    /// Appends a span. `details` adds what only this one has: attributes, events, links.
    #[inline]
    pub(crate) fn push(&mut self, span: &SpanData<'_>, details: impl FnOnce(&mut SpanWriter<'_>)) {
        if span.is_plain() {
            return self.0.push_whole(|body| {
                let start = body.len();
                let mut writer = SpanWriter::new(body);
                writer.plain(span);
                let length = writer.length();
                details(&mut writer);
                if writer.length() > length {
                    wire::close(body, start + writer::ITEM, wire::SHORT);
                }
            });
        }
        self.0.push(|body| {
            let mut writer = SpanWriter::new(body);
            writer.data(span);
            details(&mut writer);
        });
    }

    /// Spans in the open batch.
    pub(crate) fn spans(&self) -> u64 {
        self.0.items()
    }

    /// Length of the open batch's body, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The batch, and a new one is open. `None` if there is no span in it.
    pub(crate) fn close(&mut self) -> Option<Arc<Batch>> {
        self.0.close()
    }
}

#[cfg(test)]
mod tests;
