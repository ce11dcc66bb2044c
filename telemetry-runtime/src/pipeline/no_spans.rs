//! Without the feature `trace`, or without any exporter, spans go nowhere.

use crate::call::Record;
use crate::call::clock::Anchor;
use crate::collector::SpanSink;

pub(crate) struct NoSpans;

impl SpanSink for NoSpans {
    fn span(&mut self, _record: &Record, _nanos: u64, _anchor: &Anchor) {}

    fn dropped(&mut self, _spans: u64) {}

    fn tick(&mut self, _flush: bool) {}
}
