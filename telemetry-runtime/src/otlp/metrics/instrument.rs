//! The instruments, as DESIGN.md lists them.

use crate::names::metric;

/// What the points of a metric have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instrument {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// Empty: none. Never `1`, of which Prometheus makes a suffix.
    pub(super) unit: &'static str,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

pub(super) const CALLS: Instrument = Instrument {
    name: metric::CALLS,
    description: "Calls that ended, however they did.",
    unit: "",
    kind: Kind::Counter,
};

pub(super) const ERRORS: Instrument = Instrument {
    name: metric::ERRORS,
    description: "Calls that failed or panicked.",
    unit: "",
    kind: Kind::Counter,
};

pub(super) const ERRORS_BY_TYPE: Instrument = Instrument {
    name: metric::ERRORS_BY_TYPE,
    description: "Calls that failed or panicked, by the type of the error.",
    unit: "",
    kind: Kind::Counter,
};

pub(super) const SLOW: Instrument = Instrument {
    name: metric::SLOW,
    description: "Calls that took longer than the tool's objective, else than its limit.",
    unit: "",
    kind: Kind::Counter,
};

pub(super) const ACTIVE: Instrument = Instrument {
    name: metric::ACTIVE,
    description: "Calls that run now.",
    unit: "",
    kind: Kind::UpDownCounter,
};

pub(super) const DURATION: Instrument = Instrument {
    name: metric::DURATION,
    description: "How long calls took, in milliseconds.",
    unit: metric::DURATION_UNIT,
    kind: Kind::Histogram,
};

pub(super) const DRIFT_SCORE: Instrument = Instrument {
    name: metric::DRIFT_SCORE,
    description: "How far a tool is from what is normal for it; from 1 on there is an event.",
    unit: "",
    kind: Kind::Gauge,
};

pub(super) const DRIFT_EVENTS: Instrument = Instrument {
    name: metric::DRIFT_EVENTS,
    description: "Changes of a tool's behaviour, by type and severity.",
    unit: "",
    kind: Kind::Counter,
};

pub(super) const THRESHOLD_MS: Instrument = Instrument {
    name: metric::THRESHOLD_MS,
    description: "The tool's limit, in milliseconds.",
    unit: "",
    kind: Kind::Gauge,
};

pub(super) const OBJECTIVE_SUCCESS: Instrument = Instrument {
    name: metric::OBJECTIVE_SUCCESS,
    description: "The percentage of calls that should not fail.",
    unit: "",
    kind: Kind::Gauge,
};

pub(super) const OBJECTIVE_LATENCY_MS: Instrument = Instrument {
    name: metric::OBJECTIVE_LATENCY_MS,
    description: "How long calls should take at most, in milliseconds.",
    unit: "",
    kind: Kind::Gauge,
};

pub(super) const OBJECTIVE_QUANTILE: Instrument = Instrument {
    name: metric::OBJECTIVE_QUANTILE,
    description: "The percentage of calls that should take no longer.",
    unit: "",
    kind: Kind::Gauge,
};
