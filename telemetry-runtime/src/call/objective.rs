//! A service-level objective.

/// What the attribute promises of a tool. Goes out as gauges, for alert rules to read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Objective {
    /// Percent of the calls that do not fail.
    pub(crate) success: Option<f64>,
    /// What `quantile` percent of the calls take at most, in milliseconds.
    pub(crate) latency_ms: Option<f64>,
    pub(crate) quantile: Option<f64>,
}

impl Objective {
    pub(crate) const NONE: Self = Self {
        success: None,
        latency_ms: None,
        quantile: None,
    };
}
