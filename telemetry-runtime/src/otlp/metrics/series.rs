//! What is remembered of a series from one export to the next.

use std::collections::HashMap;
use std::sync::Arc;

use super::point::{Distribution, Interval, Points};
use super::{HealthPoint, Instrument, Kind};
use crate::metrics::Histogram;

/// The series of one tool.
#[derive(Debug)]
pub(super) struct ToolSeries {
    /// Unix time, ns.
    pub(super) start: u64,
    pub(super) calls: Counter,
    pub(super) errors: Counter,
    pub(super) slow: Counter,
    by_type: HashMap<Arc<str>, Counter>,
    drift: Vec<(DriftKind, Counter)>,
    durations: Vec<(&'static str, Durations)>,
}

impl ToolSeries {
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            calls: Counter::new(start),
            errors: Counter::new(start),
            slow: Counter::new(start),
            by_type: HashMap::new(),
            drift: Vec::new(),
            durations: Vec::new(),
        }
    }

    pub(super) fn error_type(
        &mut self,
        name: &Arc<str>,
        interval: Interval,
        first_seen: u64,
    ) -> &mut Counter {
        self.by_type
            .entry(Arc::clone(name))
            .or_insert_with(|| Counter::new(interval.start_of(first_seen)))
    }

    pub(super) fn drift(
        &mut self,
        kind: DriftKind,
        interval: Interval,
        first_seen: u64,
    ) -> &mut Counter {
        let known = self.drift.iter().position(|(known, _)| *known == kind);
        let at = known.unwrap_or_else(|| {
            self.drift
                .push((kind, Counter::new(interval.start_of(first_seen))));
            self.drift.len() - 1
        });
        &mut self.drift[at].1
    }

    pub(super) fn durations(
        &mut self,
        status: &'static str,
        interval: Interval,
        first_seen: u64,
    ) -> &mut Durations {
        let known = self
            .durations
            .iter()
            .position(|(known, _)| *known == status);
        let at = known.unwrap_or_else(|| {
            self.durations
                .push((status, Durations::new(interval.start_of(first_seen))));
            self.durations.len() - 1
        });
        &mut self.durations[at].1
    }
}

/// Type and severity of drift events.
type DriftKind = (&'static str, &'static str);

/// A sum that only grows.
#[derive(Debug)]
pub(super) struct Counter {
    start: u64,
    exported: Option<u64>,
}

impl Counter {
    fn new(start: u64) -> Self {
        Self {
            start,
            exported: None,
        }
    }

    pub(super) fn write(
        &mut self,
        points: &mut Points,
        interval: Interval,
        value: u64,
        attributes: &[(&str, &str)],
    ) {
        let now = interval.now();
        let exported = self.exported.replace(value);
        if interval.delta {
            let start = exported.and(interval.last()).unwrap_or(self.start);
            let grown = value.saturating_sub(exported.unwrap_or(0));
            points.integer(Some(start), now, integer(grown), attributes);
            return;
        }
        if exported.is_none() {
            points.integer(Some(self.start), self.start, 0, attributes);
        }
        points.integer(Some(self.start), now, integer(value), attributes);
    }
}

/// A histogram that only grows.
#[derive(Debug)]
pub(super) struct Durations {
    start: u64,
    is_new: bool,
    /// Kept for delta temporality only.
    exported: Option<Histogram>,
}

impl Durations {
    fn new(start: u64) -> Self {
        Self {
            start,
            is_new: true,
            exported: None,
        }
    }

    pub(super) fn write(
        &mut self,
        points: &mut Points,
        interval: Interval,
        histogram: &Histogram,
        bounds: &[u8],
        attributes: &[(&str, &str)],
    ) {
        let is_new = std::mem::take(&mut self.is_new);
        let since = if is_new { None } else { interval.last() };
        let exemplars: Vec<_> = histogram
            .exemplars
            .iter()
            .map(|(_, exemplar)| *exemplar)
            .filter(|exemplar| since.is_none_or(|since| exemplar.time > since))
            .collect();
        let whole = Distribution {
            start: self.start,
            time: interval.now(),
            count: histogram.count,
            sum: histogram.sum,
            min_max: (Some(histogram.min), Some(histogram.max)),
            counts: &histogram.counts,
            bounds,
            exemplars: &exemplars,
        };
        if interval.delta {
            self.write_delta(points, since, histogram, whole, attributes);
            self.exported = Some(Histogram {
                exemplars: Vec::new(),
                ..histogram.clone()
            });
            return;
        }
        if is_new {
            let empty = Distribution {
                time: self.start,
                count: 0,
                sum: 0.0,
                min_max: (None, None),
                counts: &vec![0; histogram.counts.len()],
                exemplars: &[],
                ..whole
            };
            points.histogram(&empty, attributes);
        }
        points.histogram(&whole, attributes);
    }

    /// What came since the last export; nothing if nothing came.
    fn write_delta(
        &self,
        points: &mut Points,
        since: Option<u64>,
        histogram: &Histogram,
        whole: Distribution<'_>,
        attributes: &[(&str, &str)],
    ) {
        let (Some(exported), Some(since)) = (&self.exported, since) else {
            return points.histogram(&whole, attributes);
        };
        if histogram.count == exported.count {
            return;
        }
        let counts: Vec<u64> = histogram
            .counts
            .iter()
            .zip(&exported.counts)
            .map(|(now, then)| now.saturating_sub(*then))
            .collect();
        let grown = Distribution {
            start: since,
            count: histogram.count.saturating_sub(exported.count),
            sum: (histogram.sum - exported.sum).max(0.0),
            min_max: (
                // Of the interval alone they are known only where they are the extremes of all.
                (histogram.min < exported.min).then_some(histogram.min),
                (histogram.max > exported.max).then_some(histogram.max),
            ),
            counts: &counts,
            ..whole
        };
        points.histogram(&grown, attributes);
    }
}

/// The counters among this crate's own numbers, by name and attributes.
#[derive(Debug, Default)]
pub(super) struct HealthSeries(HashMap<(&'static str, Attributes), Counter>);

type Attributes = Vec<(&'static str, String)>;

impl HealthSeries {
    /// Points of one name stand together, as they are one metric.
    pub(super) fn write(
        &mut self,
        points: &mut Points,
        health: &[HealthPoint],
        interval: Interval,
        started: u64,
    ) {
        let mut names: Vec<&'static str> = Vec::new();
        for point in health {
            if !names.contains(&point.name) {
                names.push(point.name);
            }
        }
        for name in names {
            let of_name = || health.iter().filter(|point| point.name == name);
            let monotonic = of_name().any(|point| point.monotonic);
            let kind = if monotonic {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            let instrument = Instrument {
                name,
                description: "",
                unit: "",
                kind,
            };
            points.metric(&instrument, interval, |points| {
                for point in of_name() {
                    self.point(points, point, kind, interval, started);
                }
            });
        }
    }

    fn point(
        &mut self,
        points: &mut Points,
        point: &HealthPoint,
        kind: Kind,
        interval: Interval,
        started: u64,
    ) {
        let attributes: Vec<(&str, &str)> = point
            .attributes
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        if kind == Kind::Gauge {
            return points.integer(None, interval.now(), integer(point.value), &attributes);
        }
        self.0
            .entry((point.name, point.attributes.clone()))
            .or_insert_with(|| Counter::new(interval.start_of(started)))
            .write(points, interval, point.value, &attributes);
    }
}

fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
