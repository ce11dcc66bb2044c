//! One tool's numbers, added to by one thread at a time.

use std::sync::Arc;
use std::time::Duration;

use super::buckets::Buckets;
use super::sketch::Sketch;
use super::snapshot::{Exemplar, Histogram};
use crate::call::{Outcome, Record, clock::Anchor};
use crate::names::OTHER;
use crate::statistics::ToolStatistics;

/// Error types that one tool tells apart; the rest is `_other`.
const MAX_ERROR_TYPES: usize = 100;

/// What has been counted of one tool.
#[derive(Debug, Default)]
pub(crate) struct Aggregate {
    /// By outcome; most tools have one or two.
    durations: [Option<Box<Durations>>; 4],
    errors_by_type: Vec<(Arc<str>, u64)>,
    pub(crate) slow: u64,
    pub(crate) sketch: Sketch,
}

/// The durations of calls that ended alike.
#[derive(Debug)]
struct Durations {
    count: u64,
    /// ns, as the next two.
    sum: u64,
    min: u64,
    max: u64,
    counts: Box<[u64]>,
    /// By bucket: when its exemplar was taken, by [`tick`].
    shown: Box<[u32]>,
    exemplars: Vec<(usize, Exemplar)>,
}

impl Aggregate {
    /// Adds a call that took `nanos`.
    #[inline]
    pub(crate) fn add(
        &mut self,
        record: &Record,
        nanos: u64,
        buckets: &Buckets,
        anchor: Option<&Anchor>,
    ) {
        let durations = self.durations[record.outcome as usize]
            .get_or_insert_with(|| Box::new(Durations::new(buckets.len())));
        let bucket = buckets.of(nanos);
        durations.add(nanos, bucket);
        if let Some(anchor) = anchor
            && record.ids.sampled
        {
            let tick = tick(record.end);
            if durations.shown[bucket] != tick {
                durations.shown[bucket] = tick;
                durations.show(bucket, record, nanos, anchor);
            }
        }
        self.sketch.add(nanos);
        if nanos > record.origin.tool.late_over() {
            self.slow += 1;
        }
        if record.outcome.is_error() {
            let error_type = record
                .details
                .as_ref()
                .and_then(|details| details.error_type.as_deref());
            self.add_error(error_type.unwrap_or(OTHER), 1);
        }
    }

    fn add_error(&mut self, error_type: &str, count: u64) {
        let errors = &mut self.errors_by_type;
        let error_type = match errors.len() {
            MAX_ERROR_TYPES.. if !errors.iter().any(|(known, _)| **known == *error_type) => OTHER,
            _ => error_type,
        };
        match errors.iter_mut().find(|(known, _)| **known == *error_type) {
            Some((_, known)) => *known += count,
            None => errors.push((error_type.into(), count)),
        }
    }

    /// Takes over what another thread has counted of the same tool.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.durations.iter_mut().zip(&other.durations) {
            if let Some(theirs) = theirs {
                mine.get_or_insert_with(|| Box::new(Durations::new(theirs.counts.len())))
                    .merge(theirs);
            }
        }
        for (error_type, count) in &other.errors_by_type {
            self.add_error(error_type, *count);
        }
        self.slow += other.slow;
        self.sketch.merge(&other.sketch);
    }

    pub(crate) fn count(&self, counted: impl Fn(Outcome) -> bool) -> u64 {
        let all = Outcome::ALL.into_iter().zip(&self.durations);
        all.filter(|(outcome, _)| counted(*outcome))
            .flat_map(|(_, durations)| durations)
            .map(|some| some.count)
            .sum()
    }

    /// ns of all calls together, and of the shortest and the longest.
    pub(crate) fn totals(&self) -> Option<(u64, u64, u64)> {
        self.durations
            .iter()
            .flatten()
            .map(|some| (some.sum, some.min, some.max))
            .reduce(|(sum, min, max), more| {
                (sum.saturating_add(more.0), min.min(more.1), max.max(more.2))
            })
    }

    /// What people see of it; `None` for a tool without calls.
    pub(crate) fn statistics(&self, name: &str, active: i64) -> Option<ToolStatistics> {
        let calls = self.count(|_| true);
        let (total, min, max) = match self.totals() {
            None if active > 0 => (0, 0, 0),
            totals => totals?,
        };
        let quantile =
            |q| Duration::from_nanos(self.sketch.quantile(q).unwrap_or(0).clamp(min, max));
        Some(ToolStatistics {
            name: name.to_owned(),
            calls,
            errors: self.count(Outcome::is_error),
            cancelled: self.count(|outcome| outcome == Outcome::Cancelled),
            slow: self.slow,
            active: u64::try_from(active).unwrap_or(0),
            total: Duration::from_nanos(total),
            min: Duration::from_nanos(min),
            max: Duration::from_nanos(max),
            p50: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
        })
    }

    pub(crate) fn errors_by_type(&self) -> Vec<(Arc<str>, u64)> {
        self.errors_by_type.clone()
    }

    pub(crate) fn histograms(&self) -> Vec<(&'static str, Histogram)> {
        let all = Outcome::ALL.into_iter().zip(&self.durations);
        all.filter_map(|(outcome, durations)| {
            Some((outcome.as_str(), durations.as_ref()?.histogram()))
        })
        .collect()
    }
}

impl Durations {
    fn new(buckets: usize) -> Self {
        Self {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            counts: vec![0; buckets].into(),
            shown: vec![0; buckets].into(),
            exemplars: Vec::new(),
        }
    }

    #[inline]
    fn add(&mut self, nanos: u64, bucket: usize) {
        self.count += 1;
        self.sum = self.sum.saturating_add(nanos);
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        self.counts[bucket] += 1;
    }

    /// Keeps the call as its bucket's example, in place of an older one.
    #[inline(never)]
    fn show(&mut self, bucket: usize, record: &Record, nanos: u64, anchor: &Anchor) {
        let exemplar = Exemplar {
            value: millis(nanos),
            time: anchor.unix_ns(record.end),
            trace_id: record.ids.trace_bytes(),
            span_id: record.ids.span_bytes(),
        };
        match self
            .exemplars
            .binary_search_by_key(&bucket, |(known, _)| *known)
        {
            Ok(found) => self.exemplars[found].1 = exemplar,
            Err(place) => self.exemplars.insert(place, (bucket, exemplar)),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(mine, theirs)| *mine += theirs);
    }

    fn histogram(&self) -> Histogram {
        Histogram {
            count: self.count,
            sum: millis(self.sum),
            min: millis(self.min),
            max: millis(self.max),
            counts: self.counts.to_vec(),
            exemplars: self.exemplars.clone(),
        }
    }
}

/// The time of a reading of the counter in steps of 2²⁴ units (6 ms at 3 GHz), never 0: of the calls of one
/// step that fall into one bucket the first is the exemplar, for to change it takes longer than to count.
#[inline]
fn tick(reading: u64) -> u32 {
    (reading >> 23) as u32 | 1
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::{Ids, Kept};
    use crate::call::tool;

    fn record(end: u64, span: u64) -> Record {
        Record {
            origin: tool::named("shown"),
            start: end,
            end,
            ids: Ids {
                trace: [1, 2],
                span,
                sampled: true,
                ..Ids::default()
            },
            parent: 0,
            outcome: Outcome::Success,
            kept: Kept::No,
            captured: Default::default(),
            details: None,
        }
    }

    /// The first of a step of time is shown, in each bucket, until another step begins.
    #[test]
    fn an_exemplar_is_a_recent_call() {
        let (buckets, anchor) = (Buckets::new(&[1.0]), Anchor::now());
        let mut aggregate = Aggregate::default();
        let mut shown = |end: u64, span: u64, nanos: u64| -> Vec<[u8; 8]> {
            aggregate.add(&record(end, span), nanos, &buckets, Some(&anchor));
            let exemplars = aggregate.histograms().remove(0).1.exemplars;
            exemplars.iter().map(|(_, shown)| shown.span_id).collect()
        };
        let [first, second, third] = [1_u64, 2, 3].map(u64::to_be_bytes);
        assert_eq!(shown(1 << 40, 1, 5), [first]);
        assert_eq!(shown((1 << 40) + 1, 2, 2_000_000), [first, second]);
        assert_eq!(shown((1 << 40) + 2, 3, 5), [first, second]);
        assert_eq!(shown(1 << 41, 3, 5), [third, second]);
        assert_eq!(aggregate.count(|_| true), 4);
    }
}
