//! What others measure with OpenTelemetry's SDK, beside our own metrics.
//!
//! Names, units and labels follow OpenTelemetry's rules for Prometheus
//! (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>), so that a
//! series is called alike here and behind a Collector. Exponential histograms and summaries, which
//! neither format can show or the SDK never makes, are left out, and so are deltas, of which a
//! scraper would make nonsense.

mod convert;
mod units;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use prost::DecodeError;

use super::families::{Family, Kind};
use super::format::Format;
use super::page::{buckets, sample};
use super::server::PrometheusServer;
use crate::export::Batch;
use crate::metrics::Histogram;
use crate::otlp::decode_metrics;

impl PrometheusServer {
    /// Shows the metrics of a batch, which are all that the SDK has at the moment, instead
    /// of those of the batch before.
    pub(crate) fn keep(&self, batch: &Batch) -> Result<(), DecodeError> {
        let families = convert::families(decode_metrics(&batch.body)?);
        *self
            .shared
            .others
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = families;
        Ok(())
    }
}

/// The metrics of the last batch, by the names of their samples.
#[derive(Debug, Default)]
pub(super) struct Others(Mutex<BTreeMap<String, Other>>);

/// A family.
#[derive(Clone, Debug)]
struct Other {
    name: String,
    kind: Kind,
    unit: Option<String>,
    help: String,
    /// By labels.
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Number(String),
    /// With the texts of its bounds.
    Histogram(Vec<String>, Histogram),
}

impl Others {
    /// Leaves out families of which a name is `taken`, and takes those of the others.
    pub(super) fn write(
        &self,
        format: Format,
        mut taken: HashSet<String>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        // A slow client must not hold up the next batch.
        let families = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for other in families.values() {
            let family = other.family();
            let names = [family.base(), family.sample()];
            if names.iter().all(|name| !taken.contains(name)) {
                other.write(&family, format, out)?;
                taken.extend(names);
            }
        }
        Ok(())
    }
}

impl Other {
    fn family(&self) -> Family<'_> {
        let help = if self.help.is_empty() {
            "No description."
        } else {
            &self.help
        };
        Family {
            name: &self.name,
            kind: self.kind,
            unit: self.unit.as_deref(),
            help,
        }
    }

    fn write(&self, family: &Family<'_>, format: Format, out: &mut impl Write) -> io::Result<()> {
        family.head(out, format)?;
        let name = family.sample();
        for (labels, series) in &self.series {
            match series {
                Series::Number(value) => sample(out, &name, labels, value)?,
                Series::Histogram(bounds, histogram) => {
                    buckets(out, format, &name, labels, bounds, Some(histogram))?;
                }
            }
        }
        Ok(())
    }
}
