//! A request's points, sorted into tools and the rest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint,
};
use serde_json::Value;

use super::durations::Durations;
use crate::export::attributes::{find, number, object, text};
use crate::names::{SCOPE, attribute, metric};

/// All points of one request: the last one of each, where a new counter has its zero too.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// Unix time, ns, of the latest point.
    pub(super) time: u64,
    /// Counts since the last export, not since the start.
    pub(super) delta: bool,
    pub(super) tools: BTreeMap<String, Tool>,
    /// By metric and attributes.
    pub(super) others: BTreeMap<(String, String), Other>,
}

/// What is known of a tool.
#[derive(Debug, Default)]
pub(super) struct Tool {
    pub(super) environment: String,
    pub(super) calls: Latest,
    pub(super) errors: Latest,
    pub(super) slow: Latest,
    pub(super) active: Latest,
    pub(super) durations: Durations,
}

/// The value of the latest point.
#[derive(Debug, Default)]
pub(super) struct Latest {
    time: u64,
    pub(super) value: i64,
}

/// A point of a metric that is not in the table.
#[derive(Debug)]
pub(super) struct Other {
    time: u64,
    pub(super) unit: String,
    pub(super) attributes: Vec<KeyValue>,
    /// `value`, or of a distribution `count`, `sum`, and `min`, `max` where they are known.
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Points {
    pub(super) fn of(request: ExportMetricsServiceRequest) -> Self {
        let mut points = Self::default();
        for scope in request
            .resource_metrics
            .into_iter()
            .flat_map(|from| from.scope_metrics)
        {
            let ours = scope.scope.is_some_and(|scope| scope.name == SCOPE);
            for metric in scope.metrics {
                points.add(ours, metric);
            }
        }
        points
    }

    fn add(&mut self, ours: bool, metric: Metric) {
        let Metric {
            name,
            unit,
            data: Some(data),
            ..
        } = metric
        else {
            return;
        };
        let into = Into { ours, name, unit };
        match data {
            Data::Gauge(gauge) => self.numbers(&into, gauge.data_points),
            Data::Sum(sum) => {
                self.delta |= is_delta(sum.aggregation_temporality);
                self.numbers(&into, sum.data_points);
            }
            Data::Histogram(histogram) => {
                self.delta |= is_delta(histogram.aggregation_temporality);
                for point in histogram.data_points {
                    self.histogram(&into, point);
                }
            }
            Data::ExponentialHistogram(histogram) => {
                for point in histogram.data_points {
                    let values = distribution(point.count, point.sum, point.min, point.max);
                    self.other(&into, point.time_unix_nano, point.attributes, values);
                }
            }
            Data::Summary(summary) => {
                for point in summary.data_points {
                    let values = distribution(point.count, Some(point.sum), None, None);
                    self.other(&into, point.time_unix_nano, point.attributes, values);
                }
            }
        }
    }

    fn numbers(&mut self, into: &Into, points: Vec<NumberDataPoint>) {
        for point in points {
            let time = point.time_unix_nano;
            self.time = self.time.max(time);
            if let (Some(tool), Some(Number::AsInt(value))) =
                (self.tool(into, &point.attributes), point.value)
            {
                let latest = match into.name.as_str() {
                    metric::CALLS => &mut tool.calls,
                    metric::ERRORS => &mut tool.errors,
                    metric::SLOW => &mut tool.slow,
                    _ => &mut tool.active,
                };
                if time >= latest.time {
                    *latest = Latest { time, value };
                }
            } else {
                let value = match point.value {
                    Some(Number::AsInt(value)) => value.into(),
                    Some(Number::AsDouble(value)) => number(value),
                    None => Value::Null,
                };
                self.other(into, time, point.attributes, vec![("value", value)]);
            }
        }
    }

    fn histogram(&mut self, into: &Into, point: HistogramDataPoint) {
        self.time = self.time.max(point.time_unix_nano);
        match self.tool(into, &point.attributes) {
            Some(tool) => tool.durations.merge(&point),
            None => {
                let values = distribution(point.count, point.sum, point.min, point.max);
                self.other(into, point.time_unix_nano, point.attributes, values);
            }
        }
    }

    /// The tool of a point that is in the table.
    fn tool(&mut self, into: &Into, attributes: &[KeyValue]) -> Option<&mut Tool> {
        const SHOWN: [&str; 5] = [
            metric::CALLS,
            metric::ERRORS,
            metric::SLOW,
            metric::ACTIVE,
            metric::DURATION,
        ];
        if !into.ours || !SHOWN.contains(&into.name.as_str()) {
            return None;
        }
        let name = text(Some(find(attributes, attribute::TOOL_NAME)?));
        let environment = text(find(attributes, attribute::ENVIRONMENT));
        Some(self.tools.entry(name).or_insert_with(|| Tool {
            environment,
            ..Tool::default()
        }))
    }

    fn other(
        &mut self,
        into: &Into,
        time: u64,
        attributes: Vec<KeyValue>,
        values: Vec<(&'static str, Value)>,
    ) {
        self.time = self.time.max(time);
        let key = (
            into.name.clone(),
            Value::Object(object(&attributes)).to_string(),
        );
        let other = Other {
            time,
            unit: into.unit.clone(),
            attributes,
            values,
        };
        match self.others.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(other)),
            Entry::Occupied(mut entry) if entry.get().time <= time => drop(entry.insert(other)),
            Entry::Occupied(_) => {}
        }
    }
}

/// The metric that points belong to.
struct Into {
    ours: bool,
    name: String,
    unit: String,
}

fn is_delta(temporality: i32) -> bool {
    temporality == AggregationTemporality::Delta as i32
}

fn distribution(
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
) -> Vec<(&'static str, Value)> {
    let known = [("sum", sum), ("min", min), ("max", max)];
    let known = known
        .into_iter()
        .filter_map(|(name, value)| Some((name, number(value?))));
    [("count", count.into())].into_iter().chain(known).collect()
}
