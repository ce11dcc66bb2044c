//! What stands above a family of samples: its name, type, unit and help.

use std::io::{self, Write};

use super::format::Format;
use super::labels;
use crate::names::metric;

/// A metric, by its OpenTelemetry name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    /// Ends the name already, as OpenMetrics demands of a family with a unit.
    pub(super) unit: Option<&'a str>,
    pub(super) help: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

pub(super) const TARGET: Family<'_> = Family {
    name: "target",
    kind: Kind::Info,
    unit: None,
    help: "What is scraped: the resource.",
};
pub(super) const CALLS: Family<'_> = counter(metric::CALLS, "Calls that ended, however they did.");
pub(super) const ERRORS: Family<'_> = counter(metric::ERRORS, "Calls that failed or panicked.");
pub(super) const ERRORS_BY_TYPE: Family<'_> = counter(
    metric::ERRORS_BY_TYPE,
    "Calls that failed or panicked, by the type of the error.",
);
pub(super) const SLOW: Family<'_> = counter(
    metric::SLOW,
    "Calls that took longer than the tool's objective, else than its limit.",
);
pub(super) const ACTIVE: Family<'_> = Family {
    name: metric::ACTIVE,
    kind: Kind::Gauge,
    unit: None,
    help: "Calls that run now.",
};
pub(super) const DURATION: Family<'_> = Family {
    name: metric::DURATION,
    kind: Kind::Histogram,
    unit: None,
    help: "How long calls took, in milliseconds.",
};
pub(super) const DRIFT_SCORE: Family<'_> = Family {
    name: metric::DRIFT_SCORE,
    kind: Kind::Gauge,
    unit: None,
    help: "How far a tool is from what is normal for it; from 1 on there is an event.",
};
pub(super) const DRIFT_EVENTS: Family<'_> = counter(
    metric::DRIFT_EVENTS,
    "Changes of a tool's behaviour, by type and severity.",
);
pub(super) const THRESHOLD: Family<'_> = Family {
    name: metric::THRESHOLD_MS,
    kind: Kind::Gauge,
    unit: Some("ms"),
    help: "The tool's limit, in milliseconds.",
};

pub(super) const OBJECTIVE_SUCCESS: Family<'_> = Family {
    name: metric::OBJECTIVE_SUCCESS,
    kind: Kind::Gauge,
    unit: None,
    help: "The percentage of calls that should not fail.",
};
pub(super) const OBJECTIVE_LATENCY: Family<'_> = Family {
    name: metric::OBJECTIVE_LATENCY_MS,
    kind: Kind::Gauge,
    unit: Some("ms"),
    help: "How long calls should take at most, in milliseconds.",
};
pub(super) const OBJECTIVE_QUANTILE: Family<'_> = Family {
    name: metric::OBJECTIVE_QUANTILE,
    kind: Kind::Gauge,
    unit: None,
    help: "The percentage of calls that should take no longer.",
};

/// Every family of tools, and the target's.
pub(super) const OURS: [Family<'_>; 13] = [
    TARGET,
    CALLS,
    ERRORS,
    ERRORS_BY_TYPE,
    SLOW,
    ACTIVE,
    DURATION,
    THRESHOLD,
    OBJECTIVE_SUCCESS,
    OBJECTIVE_LATENCY,
    OBJECTIVE_QUANTILE,
    DRIFT_SCORE,
    DRIFT_EVENTS,
];

const fn counter<'a>(name: &'a str, help: &'a str) -> Family<'a> {
    Family {
        name,
        kind: Kind::Counter,
        unit: None,
        help,
    }
}

impl<'a> Family<'a> {
    /// A metric of the runtime's own health.
    pub(super) fn health(name: &'a str, monotonic: bool) -> Self {
        let (unit, help) = match name {
            metric::SPANS_EXPORTED => (None, "Spans that a destination took."),
            metric::SPANS_DROPPED => (None, "Spans that were dropped, by cause."),
            metric::EXPORT_FAILURES => (None, "Attempts to export that failed."),
            metric::QUEUE_BYTES => (Some("bytes"), "What waits to be exported."),
            metric::TOOLS => (None, "Tools seen so far."),
            _ => (None, "The health of the telemetry itself."),
        };
        let kind = if monotonic {
            Kind::Counter
        } else {
            Kind::Gauge
        };
        Self {
            name,
            kind,
            unit,
            help,
        }
    }

    /// The family's name, without what its samples add.
    pub(super) fn base(&self) -> String {
        let name = labels::name(self.name);
        match name.strip_suffix(self.suffix()) {
            Some(base) => base.to_owned(),
            None => name,
        }
    }

    /// The name that samples have.
    pub(super) fn sample(&self) -> String {
        self.base() + self.suffix()
    }

    fn suffix(&self) -> &'static str {
        match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        }
    }

    /// `HELP`, `TYPE` and `UNIT`. The text format names the samples there, has no units,
    /// and no type for information.
    pub(super) fn head(&self, out: &mut impl Write, format: Format) -> io::Result<()> {
        let name = match format {
            Format::Text => self.sample(),
            Format::OpenMetrics => self.base(),
        };
        let kind = match (self.kind, format) {
            (Kind::Counter, _) => "counter",
            (Kind::Gauge, _) | (Kind::Info, Format::Text) => "gauge",
            (Kind::Histogram, _) => "histogram",
            (Kind::Info, Format::OpenMetrics) => "info",
        };
        writeln!(
            out,
            "# HELP {name} {}\n# TYPE {name} {kind}",
            self.escaped_help(format)
        )?;
        match (self.unit, format) {
            (Some(unit), Format::OpenMetrics) => writeln!(out, "# UNIT {name} {unit}"),
            _ => Ok(()),
        }
    }

    fn escaped_help(&self, format: Format) -> String {
        let help = self.help.replace('\\', r"\\").replace('\n', r"\n");
        match format {
            Format::Text => help,
            Format::OpenMetrics => help.replace('"', "\\\""),
        }
    }
}
