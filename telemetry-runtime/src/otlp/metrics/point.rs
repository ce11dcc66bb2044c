//! Metrics and their points, field by field, as `opentelemetry/proto/metrics/v1/metrics.proto` numbers them.

use super::{Instrument, Kind};
use crate::metrics::Exemplar;
use crate::otlp::{attribute, wire};

/// `AGGREGATION_TEMPORALITY_DELTA`
const DELTA: u64 = 1;
/// `AGGREGATION_TEMPORALITY_CUMULATIVE`
const CUMULATIVE: u64 = 2;

/// The least distance of two points of a series, in ns: Prometheus counts in milliseconds and
/// refuses two values for one.
const APART: u64 = 1_000_000;

/// From one export to the next. Unix times, in ns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    last: Option<u64>,
    now: u64,
    pub(super) delta: bool,
}

impl Interval {
    /// A clock that was set back does not make time run backwards.
    pub(super) fn new(last: Option<u64>, taken: u64, delta: bool) -> Self {
        let now = last.map_or(taken, |last| taken.max(last + APART));
        Self { last, now, delta }
    }

    pub(super) fn now(self) -> u64 {
        self.now
    }

    /// When the last export was; `None` at the first.
    pub(super) fn last(self) -> Option<u64> {
        self.last
    }

    /// When a series began that is new now and cannot be older than `first_seen`: then it was 0,
    /// and so it was at the last export, and strictly before now.
    pub(super) fn start_of(self, first_seen: u64) -> u64 {
        first_seen
            .max(self.last.unwrap_or(0))
            .min(self.now.saturating_sub(APART))
    }
}

/// The metrics of one request.
#[derive(Debug)]
pub(super) struct Points {
    out: Vec<u8>,
    count: u64,
}

/// A histogram's numbers for one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distribution<'a> {
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) count: u64,
    /// ms
    pub(super) sum: f64,
    /// Where they are known.
    pub(super) min_max: (Option<f64>, Option<f64>),
    pub(super) counts: &'a [u64],
    /// As [`packed_bounds`] gives them.
    pub(super) bounds: &'a [u8],
    pub(super) exemplars: &'a [Exemplar],
}

impl Points {
    pub(super) fn new(head: Vec<u8>) -> Self {
        Self {
            out: head,
            count: 0,
        }
    }

    /// The body so far, and the number of points in it.
    pub(super) fn into_parts(self) -> (Vec<u8>, u64) {
        (self.out, self.count)
    }

    /// A metric with the points that `write` appends; nothing if it appends none.
    pub(super) fn metric(
        &mut self,
        instrument: &Instrument,
        interval: Interval,
        write: impl FnOnce(&mut Self),
    ) {
        let (before, count) = (self.out.len(), self.count);
        let metric = wire::open(&mut self.out, 2, wire::LONG);
        wire::bytes(&mut self.out, 1, instrument.name.as_bytes());
        for (field, text) in [(2, instrument.description), (3, instrument.unit)] {
            if !text.is_empty() {
                wire::bytes(&mut self.out, field, text.as_bytes());
            }
        }
        let kind = match instrument.kind {
            Kind::Gauge => 5,
            Kind::Counter | Kind::UpDownCounter => 7,
            Kind::Histogram => 9,
        };
        let data = wire::open(&mut self.out, kind, wire::LONG);
        write(self);
        if instrument.kind != Kind::Gauge {
            let delta = interval.delta && instrument.kind != Kind::UpDownCounter;
            wire::number(&mut self.out, 2, if delta { DELTA } else { CUMULATIVE });
        }
        if instrument.kind == Kind::Counter {
            wire::number(&mut self.out, 3, 1);
        }
        wire::close(&mut self.out, data, wire::LONG);
        wire::close(&mut self.out, metric, wire::LONG);
        if self.count == count {
            self.out.truncate(before);
        }
    }

    /// A `NumberDataPoint` with an integer.
    pub(super) fn integer(
        &mut self,
        start: Option<u64>,
        time: u64,
        value: i64,
        attributes: &[(&str, &str)],
    ) {
        self.number(start, time, attributes, |out| {
            wire::fixed64(out, 6, value as u64)
        });
    }

    /// A `NumberDataPoint` of a gauge.
    pub(super) fn double(&mut self, time: u64, value: f64, attributes: &[(&str, &str)]) {
        self.number(None, time, attributes, |out| wire::double(out, 4, value));
    }

    fn number(
        &mut self,
        start: Option<u64>,
        time: u64,
        attributes: &[(&str, &str)],
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        self.count += 1;
        wire::message(&mut self.out, 1, |out| {
            if let Some(start) = start {
                wire::fixed64(out, 2, start);
            }
            wire::fixed64(out, 3, time);
            value(out);
            for (key, value) in attributes {
                attribute::string(out, 7, key, value);
            }
        });
    }

    /// A `HistogramDataPoint`.
    pub(super) fn histogram(&mut self, histogram: &Distribution<'_>, attributes: &[(&str, &str)]) {
        self.count += 1;
        wire::message(&mut self.out, 1, |out| {
            wire::fixed64(out, 2, histogram.start);
            wire::fixed64(out, 3, histogram.time);
            wire::fixed64(out, 4, histogram.count);
            wire::double(out, 5, histogram.sum);
            wire::tag(out, 6, wire::BYTES);
            wire::varint(out, 8 * histogram.counts.len() as u64);
            for count in histogram.counts {
                out.extend_from_slice(&count.to_le_bytes());
            }
            wire::bytes(out, 7, histogram.bounds);
            for exemplar in histogram.exemplars {
                wire::message(out, 8, |out| {
                    wire::fixed64(out, 2, exemplar.time);
                    wire::double(out, 3, exemplar.value);
                    wire::bytes(out, 4, &exemplar.span_id);
                    wire::bytes(out, 5, &exemplar.trace_id);
                });
            }
            for (key, value) in attributes {
                attribute::string(out, 9, key, value);
            }
            let (min, max) = histogram.min_max;
            for (field, value) in [(11, min), (12, max)] {
                if let Some(value) = value {
                    wire::double(out, field, value);
                }
            }
        });
    }
}

/// `explicit_bounds`, the same in every point of a snapshot.
pub(super) fn packed_bounds(bounds: &[f64]) -> Vec<u8> {
    bounds
        .iter()
        .flat_map(|bound| bound.to_le_bytes())
        .collect()
}
