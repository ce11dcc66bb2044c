//! Metrics as OTLP: snapshots of the tools' numbers, and of this crate's own health.

mod instrument;
mod point;
mod series;

use std::collections::HashMap;
use std::sync::Arc;

use instrument::{Instrument, Kind};
use point::{Interval, Points};
use series::{HealthSeries, ToolSeries};

use super::resource::{Open, Resource};
use crate::export::{Batch, Lane, Signal};
use crate::metrics::{HealthPoint, Snapshot, ToolSnapshot};
use crate::names::attribute::{DRIFT_TYPE, ENVIRONMENT, ERROR_TYPE, SEVERITY, STATUS, TOOL_NAME};

/// Largest body of a batch, in bytes, where a single tool does not need more: gRPC servers take 4 MiB.
const LARGEST: usize = 3_500_000;

/// Writes one snapshot after the other, and remembers what the next needs to know of the last.
#[derive(Debug)]
pub(crate) struct MetricsEncoder {
    /// A request up to its first metric.
    head: Vec<u8>,
    open: Open,
    environment: String,
    delta: bool,
    /// Unix time, ns: when the last snapshot was taken.
    last: Option<u64>,
    tools: HashMap<Arc<str>, ToolSeries>,
    health: HealthSeries,
}

impl MetricsEncoder {
    /// `delta`: counters and histograms since the last export instead of since the start;
    /// `tool.active` is cumulative always, as OTLP's delta preference has it.
    pub(crate) fn new(resource: &Resource, environment: &str, delta: bool) -> Self {
        let mut head = Vec::new();
        let open = resource.begin(&mut head, false);
        Self {
            head,
            open,
            environment: environment.to_owned(),
            delta,
            last: None,
            tools: HashMap::new(),
            health: HealthSeries::default(),
        }
    }

    /// The snapshot as one or more batches of bounded size. A counter that is new has two points:
    /// 0 when it was first seen, then its value. Batches come in the order they are to be sent in.
    pub(crate) fn encode(&mut self, snapshot: &Snapshot, health: &[HealthPoint]) -> Vec<Batch> {
        let interval = Interval::new(self.last, snapshot.taken, self.delta);
        let bounds = point::packed_bounds(&snapshot.bounds);
        let mut chunks = chunks(&snapshot.tools, self.environment.len()).peekable();
        let mut batches = Vec::new();
        // Health goes with the last tools: Prometheus takes a resource's samples in the order
        // of their time, and two requests would not be.
        loop {
            let tools = chunks.next().unwrap_or_default();
            let is_last = chunks.peek().is_none();
            let batch = self.batch(|encoder, points| {
                encoder.tools(points, tools, interval, &bounds);
                if is_last {
                    encoder
                        .health
                        .write(points, health, interval, snapshot.started);
                }
            });
            batches.extend(Some(batch).filter(|batch| batch.items > 0));
            if is_last {
                break;
            }
        }
        self.last = Some(interval.now());
        batches
    }

    fn batch(&mut self, write: impl FnOnce(&mut Self, &mut Points)) -> Batch {
        let mut points = Points::new(self.head.clone());
        write(self, &mut points);
        let (mut body, items) = points.into_parts();
        self.open.close(&mut body);
        body.shrink_to_fit();
        Batch {
            signal: Signal::Metrics,
            lane: Lane::Calls,
            items,
            body,
        }
    }

    /// All instruments of some tools.
    fn tools(
        &mut self,
        points: &mut Points,
        tools: &[ToolSnapshot],
        interval: Interval,
        bounds: &[u8],
    ) {
        for tool in tools {
            self.tools
                .entry(Arc::clone(&tool.name))
                .or_insert_with(|| ToolSeries::new(interval.start_of(tool.first_seen)));
        }
        self.counter(
            points,
            tools,
            interval,
            &instrument::CALLS,
            |series, tool| (&mut series.calls, tool.calls),
        );
        self.counter(
            points,
            tools,
            interval,
            &instrument::ERRORS,
            |series, tool| (&mut series.errors, tool.errors),
        );
        self.counter(
            points,
            tools,
            interval,
            &instrument::SLOW,
            |series, tool| (&mut series.slow, tool.slow),
        );
        self.errors_by_type(points, tools, interval);
        self.drift_events(points, tools, interval);
        self.gauges(points, tools, interval);
        self.durations(points, tools, interval, bounds);
    }

    fn counter(
        &mut self,
        points: &mut Points,
        tools: &[ToolSnapshot],
        interval: Interval,
        instrument: &Instrument,
        of: impl for<'s> Fn(&'s mut ToolSeries, &ToolSnapshot) -> (&'s mut series::Counter, u64),
    ) {
        points.metric(instrument, interval, |points| {
            for tool in tools {
                let Some(series) = self.tools.get_mut(&tool.name) else {
                    continue;
                };
                let (counter, value) = of(series, tool);
                let attributes = [(TOOL_NAME, &*tool.name), (ENVIRONMENT, &*self.environment)];
                counter.write(points, interval, value, &attributes);
            }
        });
    }

    fn errors_by_type(&mut self, points: &mut Points, tools: &[ToolSnapshot], interval: Interval) {
        points.metric(&instrument::ERRORS_BY_TYPE, interval, |points| {
            for tool in tools {
                let Some(series) = self.tools.get_mut(&tool.name) else {
                    continue;
                };
                for (error_type, errors) in &tool.errors_by_type {
                    let attributes = [
                        (TOOL_NAME, &*tool.name),
                        (ENVIRONMENT, &*self.environment),
                        (ERROR_TYPE, &**error_type),
                    ];
                    series
                        .error_type(error_type, interval, tool.first_seen)
                        .write(points, interval, *errors, &attributes);
                }
            }
        });
    }

    fn drift_events(&mut self, points: &mut Points, tools: &[ToolSnapshot], interval: Interval) {
        points.metric(&instrument::DRIFT_EVENTS, interval, |points| {
            for tool in tools {
                let Some(series) = self.tools.get_mut(&tool.name) else {
                    continue;
                };
                for (kind, severity, events) in tool.drift.iter().flat_map(|drift| &drift.events) {
                    let attributes = [
                        (TOOL_NAME, &*tool.name),
                        (ENVIRONMENT, &*self.environment),
                        (DRIFT_TYPE, *kind),
                        (SEVERITY, *severity),
                    ];
                    series
                        .drift((*kind, *severity), interval, tool.first_seen)
                        .write(points, interval, *events, &attributes);
                }
            }
        });
    }

    fn gauges(&self, points: &mut Points, tools: &[ToolSnapshot], interval: Interval) {
        points.metric(&instrument::ACTIVE, interval, |points| {
            for tool in tools {
                let Some(series) = self.tools.get(&tool.name) else {
                    continue;
                };
                let attributes = [(TOOL_NAME, &*tool.name), (ENVIRONMENT, &*self.environment)];
                points.integer(Some(series.start), interval.now(), tool.active, &attributes);
            }
        });
        let gauge = |points: &mut Points, instrument, value: fn(&ToolSnapshot) -> Option<f64>| {
            points.metric(instrument, interval, |points| {
                for tool in tools {
                    let Some(value) = value(tool) else {
                        continue;
                    };
                    let attributes = [(TOOL_NAME, &*tool.name), (ENVIRONMENT, &*self.environment)];
                    points.double(interval.now(), value, &attributes);
                }
            });
        };
        gauge(points, &instrument::THRESHOLD_MS, |tool| tool.threshold_ms);
        gauge(points, &instrument::OBJECTIVE_SUCCESS, |tool| {
            tool.objective.success
        });
        gauge(points, &instrument::OBJECTIVE_LATENCY_MS, |tool| {
            tool.objective.latency_ms
        });
        gauge(points, &instrument::OBJECTIVE_QUANTILE, |tool| {
            tool.objective.quantile
        });
        gauge(points, &instrument::DRIFT_SCORE, |tool| {
            tool.drift.as_ref().map(|drift| drift.score)
        });
    }

    fn durations(
        &mut self,
        points: &mut Points,
        tools: &[ToolSnapshot],
        interval: Interval,
        bounds: &[u8],
    ) {
        points.metric(&instrument::DURATION, interval, |points| {
            for tool in tools {
                let Some(series) = self.tools.get_mut(&tool.name) else {
                    continue;
                };
                for (status, histogram) in &tool.durations {
                    let attributes = [
                        (TOOL_NAME, &*tool.name),
                        (ENVIRONMENT, &*self.environment),
                        (STATUS, *status),
                    ];
                    series.durations(status, interval, tool.first_seen).write(
                        points,
                        interval,
                        histogram,
                        bounds,
                        &attributes,
                    );
                }
            }
        });
    }
}

/// Tools that fit into one batch each.
fn chunks(tools: &[ToolSnapshot], environment: usize) -> impl Iterator<Item = &[ToolSnapshot]> {
    let mut size = 0;
    tools.chunk_by(move |tool, next| {
        if size == 0 {
            size = at_most(tool, environment);
        }
        size += at_most(next, environment);
        let fits = size <= LARGEST;
        if !fits {
            size = 0;
        }
        fits
    })
}

/// Bytes that a tool takes in a batch, at most: its points and, where they are new, those of 0.
fn at_most(tool: &ToolSnapshot, environment: usize) -> usize {
    /// Keys and lengths of the attributes, two or three times, and of fields.
    const POINT: usize = 120;
    let attributes = tool.name.len() + environment;
    let simple = 12 * (POINT + attributes);
    let drift = tool.drift.as_ref().map_or(0, |drift| drift.events.len());
    let drift = 2 * drift * (POINT + attributes + 60);
    let by_type: usize = tool
        .errors_by_type
        .iter()
        .map(|(name, _)| 2 * (POINT + attributes + name.len()))
        .sum();
    let durations: usize = tool
        .durations
        .iter()
        .map(|(_, h)| 2 * (POINT + attributes + 16 * h.counts.len()) + 64 * h.exemplars.len())
        .sum();
    simple + by_type + drift + durations
}

#[cfg(test)]
mod tests;
