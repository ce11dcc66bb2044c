//! Spans, written straight into the request that carries them.

mod parts;
mod writer;

use std::sync::Arc;

pub(crate) use parts::{StaticParts, StaticSpan};
pub(crate) use writer::{Link, SpanWriter};

use super::resource::{Open, Resource};
use super::wire;
use crate::export::{Batch, Signal};

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
pub(crate) struct TraceEncoder {
    /// The request up to its first span.
    head: Vec<u8>,
    open: Open,
    body: Vec<u8>,
    spans: u64,
    /// Batches that may be back from everywhere by the next time, so that their memory serves again.
    lent: [Option<Arc<Batch>>; 2],
}

impl TraceEncoder {
    pub(crate) fn new(resource: &Resource) -> Self {
        let mut head = Vec::new();
        let open = resource.begin(&mut head, true);
        Self {
            body: head.clone(),
            head,
            open,
            spans: 0,
            lent: [None, None],
        }
    }

    /// Appends a span. `details` adds what only this one has: attributes, events, links.
    pub(crate) fn push(&mut self, span: &SpanData<'_>, details: impl FnOnce(&mut SpanWriter<'_>)) {
        let start = wire::open(&mut self.body, 2, wire::SHORT);
        let mut writer = SpanWriter::new(&mut self.body);
        writer.data(span);
        details(&mut writer);
        wire::close(&mut self.body, start, wire::SHORT);
        self.spans += 1;
    }

    /// Spans in the open batch.
    pub(crate) fn spans(&self) -> u64 {
        self.spans
    }

    /// Length of the open batch's body, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The batch, and a new one is open. `None` if there is no span in it.
    pub(crate) fn close(&mut self) -> Option<Arc<Batch>> {
        if self.spans == 0 {
            return None;
        }
        self.open.close(&mut self.body);
        let next = self.next_body(self.body.len());
        let mut body = std::mem::replace(&mut self.body, next);
        if body.capacity() > 2 * body.len() {
            // It may wait for long, and what it holds is what the queue counts.
            body.shrink_to_fit();
        }
        let items = std::mem::take(&mut self.spans);
        let batch = Arc::new(Batch {
            signal: Signal::Traces,
            items,
            body,
        });
        self.lent.rotate_right(1);
        self.lent[0] = Some(Arc::clone(&batch));
        Some(batch)
    }

    /// The memory of a batch that nobody has any more, else new one, as large as the last was.
    fn next_body(&mut self, last: usize) -> Vec<u8> {
        let back = self.lent.iter_mut().find_map(|lent| {
            let taken = Arc::try_unwrap(lent.take()?);
            taken.map_err(|still_lent| *lent = Some(still_lent)).ok()
        });
        let mut body = back.map_or_else(|| Vec::with_capacity(last), |batch| batch.body);
        body.clear();
        body.extend_from_slice(&self.head);
        body
    }
}

#[cfg(test)]
mod tests;
