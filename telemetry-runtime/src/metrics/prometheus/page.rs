//! The page: families, samples, exemplars.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::families::{self, Family};
use super::format::{Format, number};
use super::labels;
use super::others::Others;
use super::zeroes::Zeroes;
use crate::metrics::{Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
use crate::names::attribute;

/// What one scrape shows.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) health: &'a [HealthPoint],
    /// The resource as labels.
    pub(super) target: &'a str,
    pub(super) environment: &'a str,
    pub(super) others: &'a Others,
}

/// Writes the page, piece by piece: ten thousand tools are some 40 MB.
pub(super) fn write(
    page: Page<'_>,
    format: Format,
    zeroes: &mut Zeroes,
    out: &mut impl Write,
) -> io::Result<()> {
    let labels = page
        .snapshot
        .tools
        .iter()
        .map(|tool| tool_labels(tool, page.environment))
        .collect();
    let mut writer = Writer {
        page,
        format,
        zeroes,
        labels,
        out,
    };
    writer.target()?;
    writer.tools()?;
    writer.durations()?;
    writer.health()?;
    writer.others()?;
    match format {
        Format::Text => Ok(()),
        Format::OpenMetrics => writer.out.write_all(b"# EOF\n"),
    }
}

fn tool_labels(tool: &ToolSnapshot, environment: &str) -> String {
    let mut text = String::new();
    labels::push(&mut text, &labels::name(attribute::TOOL_NAME), &tool.name);
    labels::push(
        &mut text,
        &labels::name(attribute::ENVIRONMENT),
        environment,
    );
    text
}

struct Writer<'a, W> {
    page: Page<'a>,
    format: Format,
    zeroes: &'a mut Zeroes,
    /// Of each tool of the snapshot.
    labels: Vec<String>,
    out: &'a mut W,
}

impl<W: Write> Writer<'_, W> {
    fn target(&mut self) -> io::Result<()> {
        if self.page.target.is_empty() {
            return Ok(());
        }
        families::TARGET.head(self.out, self.format)?;
        sample(self.out, &families::TARGET.sample(), self.page.target, 1)
    }

    fn tools(&mut self) -> io::Result<()> {
        self.counter(&families::CALLS, |tool| tool.calls)?;
        self.counter(&families::ERRORS, |tool| tool.errors)?;
        self.errors_by_type()?;
        self.counter(&families::SLOW, |tool| tool.slow)?;
        self.gauge(&families::ACTIVE, |tool| Some(tool.active.to_string()))?;
        self.gauge(&families::THRESHOLD, |tool| tool.threshold_ms.map(number))?;
        self.gauge(&families::OBJECTIVE_SUCCESS, |tool| {
            tool.objective.success.map(number)
        })?;
        self.gauge(&families::OBJECTIVE_LATENCY, |tool| {
            tool.objective.latency_ms.map(number)
        })?;
        self.gauge(&families::OBJECTIVE_QUANTILE, |tool| {
            tool.objective.quantile.map(number)
        })?;
        self.gauge(&families::DRIFT_SCORE, |tool| {
            tool.drift.as_ref().map(|drift| number(drift.score))
        })?;
        self.drift_events()
    }

    fn counter(
        &mut self,
        family: &Family<'_>,
        value: impl Fn(&ToolSnapshot) -> u64,
    ) -> io::Result<()> {
        let Some(name) = self.begin(family, |_| true)? else {
            return Ok(());
        };
        for (tool, labels) in self.page.snapshot.tools.iter().zip(&self.labels) {
            let zero = self.zeroes.due((family.name, &tool.name));
            sample(self.out, &name, labels, if zero { 0 } else { value(tool) })?;
        }
        Ok(())
    }

    fn errors_by_type(&mut self) -> io::Result<()> {
        let family = &families::ERRORS_BY_TYPE;
        let Some(name) = self.begin(family, |tool| !tool.errors_by_type.is_empty())? else {
            return Ok(());
        };
        let label = labels::name(attribute::ERROR_TYPE);
        for (tool, labels) in self.page.snapshot.tools.iter().zip(&self.labels) {
            for (error_type, errors) in &tool.errors_by_type {
                let mut labels = labels.clone();
                labels::push(&mut labels, &label, error_type);
                let zero = self.zeroes.due((family.name, &tool.name, error_type));
                sample(self.out, &name, &labels, if zero { 0 } else { *errors })?;
            }
        }
        Ok(())
    }

    fn drift_events(&mut self) -> io::Result<()> {
        let family = &families::DRIFT_EVENTS;
        let Some(name) = self.begin(family, |tool| drift_events(tool).next().is_some())? else {
            return Ok(());
        };
        let kind_label = labels::name(attribute::DRIFT_TYPE);
        for (tool, labels) in self.page.snapshot.tools.iter().zip(&self.labels) {
            for (kind, severity, events) in drift_events(tool) {
                let mut labels = labels.clone();
                labels::push(&mut labels, &kind_label, kind);
                labels::push(&mut labels, attribute::SEVERITY, severity);
                let zero = self.zeroes.due((family.name, &tool.name, kind, severity));
                sample(self.out, &name, &labels, if zero { 0 } else { *events })?;
            }
        }
        Ok(())
    }

    fn gauge(
        &mut self,
        family: &Family<'_>,
        value: impl Fn(&ToolSnapshot) -> Option<String>,
    ) -> io::Result<()> {
        let Some(name) = self.begin(family, |tool| value(tool).is_some())? else {
            return Ok(());
        };
        for (tool, labels) in self.page.snapshot.tools.iter().zip(&self.labels) {
            if let Some(value) = value(tool) {
                sample(self.out, &name, labels, value)?;
            }
        }
        Ok(())
    }

    fn durations(&mut self) -> io::Result<()> {
        let family = &families::DURATION;
        let Some(name) = self.begin(family, |tool| !tool.durations.is_empty())? else {
            return Ok(());
        };
        let bounds: Vec<String> = self
            .page
            .snapshot
            .bounds
            .iter()
            .copied()
            .chain([f64::INFINITY])
            .map(number)
            .collect();
        for (tool, labels) in self.page.snapshot.tools.iter().zip(&self.labels) {
            for (status, histogram) in &tool.durations {
                let mut labels = labels.clone();
                labels::push(&mut labels, attribute::STATUS, status);
                let zero = self.zeroes.due((family.name, &tool.name, status));
                let histogram = (!zero).then_some(histogram);
                buckets(self.out, self.format, &name, &labels, &bounds, histogram)?;
            }
        }
        Ok(())
    }

    fn health(&mut self) -> io::Result<()> {
        let mut by_name: BTreeMap<(&str, bool), BTreeMap<String, u64>> = BTreeMap::new();
        for point in self.page.health {
            let labels = labels::of(
                point
                    .attributes
                    .iter()
                    .map(|(key, value)| (*key, value.as_str())),
            );
            let points = by_name.entry((point.name, point.monotonic)).or_default();
            *points.entry(labels).or_default() += point.value;
        }
        for ((name, monotonic), points) in by_name {
            let family = Family::health(name, monotonic);
            family.head(self.out, self.format)?;
            let sample_name = family.sample();
            for (labels, value) in points {
                let zero = monotonic && self.zeroes.due((name, &labels));
                sample(
                    self.out,
                    &sample_name,
                    &labels,
                    if zero { 0 } else { value },
                )?;
            }
        }
        Ok(())
    }

    /// What other libraries measure, but under names that stand on the page already.
    fn others(&mut self) -> io::Result<()> {
        let health = self.page.health.iter();
        let taken: HashSet<String> = families::OURS
            .into_iter()
            .chain(health.map(|point| Family::health(point.name, point.monotonic)))
            .flat_map(|family| [family.base(), family.sample()])
            .collect();
        self.page.others.write(self.format, taken, self.out)
    }

    /// The head of a family that some tool has a sample for, and the samples' name.
    fn begin(
        &mut self,
        family: &Family<'_>,
        has: impl Fn(&ToolSnapshot) -> bool,
    ) -> io::Result<Option<String>> {
        if !self.page.snapshot.tools.iter().any(has) {
            return Ok(None);
        }
        family.head(self.out, self.format)?;
        Ok(Some(family.sample()))
    }
}

fn drift_events(tool: &ToolSnapshot) -> impl Iterator<Item = &(&'static str, &'static str, u64)> {
    tool.drift.iter().flat_map(|drift| &drift.events)
}

pub(super) fn sample(
    out: &mut impl Write,
    name: &str,
    labels: &str,
    value: impl std::fmt::Display,
) -> io::Result<()> {
    match labels {
        "" => writeln!(out, "{name} {value}"),
        _ => writeln!(out, "{name}{{{labels}}} {value}"),
    }
}

/// A histogram; all zeros without one. `bounds` has `+Inf` too.
pub(super) fn buckets(
    out: &mut impl Write,
    format: Format,
    name: &str,
    labels: &str,
    bounds: &[String],
    histogram: Option<&Histogram>,
) -> io::Result<()> {
    let comma = if labels.is_empty() { "" } else { "," };
    let mut count = 0;
    for (index, bound) in bounds.iter().enumerate() {
        count += histogram
            .and_then(|histogram| histogram.counts.get(index))
            .unwrap_or(&0);
        write!(
            out,
            "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}"
        )?;
        if format == Format::OpenMetrics
            && let Some(exemplar) = histogram.and_then(|histogram| histogram.exemplar(index))
        {
            write_exemplar(out, exemplar)?;
        }
        out.write_all(b"\n")?;
    }
    let sum = histogram.map_or(0.0, |histogram| histogram.sum);
    sample(out, &format!("{name}_sum"), labels, number(sum))?;
    sample(out, &format!("{name}_count"), labels, count)
}

impl Histogram {
    fn exemplar(&self, bucket: usize) -> Option<&Exemplar> {
        let at = self
            .exemplars
            .binary_search_by_key(&bucket, |(bucket, _)| *bucket)
            .ok()?;
        self.exemplars.get(at).map(|(_, exemplar)| exemplar)
    }
}

fn write_exemplar(out: &mut impl Write, exemplar: &Exemplar) -> io::Result<()> {
    let trace = u128::from_be_bytes(exemplar.trace_id);
    let span = u64::from_be_bytes(exemplar.span_id);
    let millis = exemplar.time / 1_000_000;
    write!(
        out,
        " # {{trace_id=\"{trace:032x}\",span_id=\"{span:016x}\"}} {} {}.{:03}",
        number(exemplar.value),
        millis / 1000,
        millis % 1000,
    )
}
