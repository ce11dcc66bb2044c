//! The tools' numbers at one moment, for whoever writes them out.

use std::sync::Arc;

use crate::call::Objective;

/// Everything a reader of metrics sees: taken by the collector, never changed.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Unix time, ns: when counting began.
    pub(crate) started: u64,
    /// Unix time, ns.
    pub(crate) taken: u64,
    /// Upper bounds of the buckets, ms, rising; one more count than bounds.
    pub(crate) bounds: Arc<[f64]>,
    pub(crate) tools: Vec<ToolSnapshot>,
}

#[derive(Clone, Debug)]
pub(crate) struct ToolSnapshot {
    pub(crate) name: Arc<str>,
    /// Unix time, ns: when the tool was first seen.
    pub(crate) first_seen: u64,
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// Errors by `error.type`, bounded.
    pub(crate) errors_by_type: Vec<(Arc<str>, u64)>,
    pub(crate) slow: u64,
    pub(crate) active: i64,
    /// The tool's limit, ms, where it has one.
    pub(crate) threshold_ms: Option<f64>,
    pub(crate) objective: Objective,
    /// What is known of its drift, where it is watched.
    pub(crate) drift: Option<DriftNumbers>,
    /// A histogram per status that has occurred: `success`, `error`, `panic`, `cancelled`.
    pub(crate) durations: Vec<(&'static str, Histogram)>,
}

/// What the detector says of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DriftNumbers {
    /// 0: as ever; from 1 on there is an event.
    pub(crate) score: f64,
    /// Events so far, by type and severity.
    pub(crate) events: Vec<(&'static str, &'static str, u64)>,
}

/// Durations in ms.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) counts: Vec<u64>,
    /// By bucket, rising; most buckets have none.
    pub(crate) exemplars: Vec<(usize, Exemplar)>,
}

/// A recent sampled call of a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exemplar {
    /// ms
    pub(crate) value: f64,
    /// Unix time, ns.
    pub(crate) time: u64,
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
}

/// A number of the runtime's own health, for the `telemetry.*` metrics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HealthPoint {
    /// One of [`names::metric`](crate::names::metric).
    pub(crate) name: &'static str,
    /// It only ever rises: a counter.
    pub(crate) monotonic: bool,
    pub(crate) value: u64,
    pub(crate) attributes: Vec<(&'static str, String)>,
}
