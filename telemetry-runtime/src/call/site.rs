//! A place in the code that is a tool.

use std::sync::OnceLock;

use super::tool::{self, Level, Origin, Place, SpanKind};

/// A `static` beside each annotated body.
pub struct Site {
    name: &'static str,
    place: Place,
    origin: OnceLock<&'static Origin>,
}

impl Site {
    /// `function` is the path with its module; `params` counts all but `self`.
    #[must_use]
    pub const fn new(
        name: &'static str,
        function: &'static str,
        file: &'static str,
        line: u32,
        params: u32,
    ) -> Self {
        Self {
            name,
            place: Place {
                function,
                file,
                line,
                params: Some(params),
                ..Place::NOWHERE
            },
            origin: OnceLock::new(),
        }
    }

    /// Where it stands, if that is not where the attribute does.
    #[must_use]
    pub const fn line(mut self, line: u32) -> Self {
        self.place.line = line;
        self
    }

    /// How many attributes it has beside its parameters.
    #[must_use]
    pub const fn fields(mut self, fields: u32) -> Self {
        self.place.fields = fields;
        self
    }

    /// Whether it shows any of its parameters and fields.
    #[must_use]
    pub const fn captures(mut self, shows: bool) -> Self {
        self.place.shows = shows;
        self
    }

    /// OpenTelemetry's kind of its spans, by name; `internal` for a name that is none.
    #[must_use]
    pub const fn kind(mut self, kind: &'static str) -> Self {
        self.place.kind = match kind.as_bytes() {
            b"server" => SpanKind::Server,
            b"client" => SpanKind::Client,
            b"producer" => SpanKind::Producer,
            b"consumer" => SpanKind::Consumer,
            _ => SpanKind::Internal,
        };
        self
    }

    /// The level of its call logs, by name; by how a call ended for a name that is none.
    #[must_use]
    pub const fn level(mut self, level: &'static str) -> Self {
        self.place.level = match level.as_bytes() {
            b"trace" => Some(Level::Trace),
            b"debug" => Some(Level::Debug),
            b"info" => Some(Level::Info),
            b"warn" => Some(Level::Warn),
            b"error" => Some(Level::Error),
            _ => None,
        };
        self
    }

    /// Whether it is watched for drift.
    #[must_use]
    pub const fn drift(mut self, is_watched: bool) -> Self {
        self.place.drift = is_watched;
        self
    }

    /// What percent of its calls end well. Above 0 and at most 100, as `quantile`.
    #[must_use]
    pub const fn objective_success(mut self, percent: f64) -> Self {
        self.place.objective.success = Some(percent);
        self
    }

    /// What its calls take at most, in milliseconds.
    #[must_use]
    pub const fn objective_latency_ms(mut self, latency_ms: f64) -> Self {
        self.place.objective.latency_ms = Some(latency_ms);
        self
    }

    /// For what percent of its calls that holds.
    #[must_use]
    pub const fn objective_quantile(mut self, percent: f64) -> Self {
        self.place.objective.quantile = Some(percent);
        self
    }

    /// From here on, in milliseconds, a call is slow, where the configuration names no limit.
    #[must_use]
    pub const fn threshold_ms(mut self, threshold_ms: f64) -> Self {
        self.place.own.threshold_ms = Some(threshold_ms);
        self
    }

    /// The ratio of its calls that are sampled where they are roots, where the configuration
    /// names none for it. Between 0 and 1.
    #[must_use]
    pub const fn sample(mut self, rate: f64) -> Self {
        self.place.own.sample_rate = Some(rate);
        self
    }

    /// Where a call has been made here before.
    #[inline]
    pub(super) fn known_origin(&'static self) -> Option<&'static Origin> {
        self.origin.get().copied()
    }

    #[inline]
    pub(super) fn origin(&'static self) -> &'static Origin {
        self.origin.get_or_init(|| tool::at(self.name, &self.place))
    }
}
