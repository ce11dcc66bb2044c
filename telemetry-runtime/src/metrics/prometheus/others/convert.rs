//! From OTLP's metrics to families.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, HistogramDataPoint, Metric, NumberDataPoint,
};

use super::super::families::Kind;
use super::super::format::number;
use super::super::labels;
use super::{Other, Series, units};
use crate::export::attributes::text;
use crate::metrics::Histogram;

/// All families of a request, by the names of their samples. Of two of the same name and different
/// kinds the first one stays, as of two series with the same labels.
pub(super) fn families(request: ExportMetricsServiceRequest) -> BTreeMap<String, Other> {
    let mut families = BTreeMap::new();
    for scope in request
        .resource_metrics
        .into_iter()
        .flat_map(|from| from.scope_metrics)
    {
        let from = scope.scope.unwrap_or_default();
        for metric in scope.metrics {
            if let Some(other) = family(metric, &from) {
                add(&mut families, other);
            }
        }
    }
    families
}

fn add(families: &mut BTreeMap<String, Other>, other: Other) {
    let first = families
        .entry(other.family().sample())
        .or_insert_with(|| Other {
            series: BTreeMap::new(),
            ..other.clone()
        });
    if first.kind == other.kind {
        for (labels, series) in other.series {
            first.series.entry(labels).or_insert(series);
        }
    }
}

fn family(metric: Metric, scope: &InstrumentationScope) -> Option<Other> {
    let (kind, series) = match metric.data? {
        Data::Gauge(gauge) => (Kind::Gauge, numbers(gauge.data_points, scope)),
        Data::Sum(sum) if is_cumulative(sum.aggregation_temporality) => {
            let kind = if sum.is_monotonic {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            (kind, numbers(sum.data_points, scope))
        }
        Data::Histogram(histogram) if is_cumulative(histogram.aggregation_temporality) => {
            (Kind::Histogram, histograms(histogram.data_points, scope))
        }
        _ => return None,
    };
    let unit = units::word(&metric.unit, kind);
    let name = named(&labels::name(&metric.name), unit.as_deref());
    (!series.is_empty() && !metric.name.is_empty()).then_some(Other {
        name,
        kind,
        unit,
        help: metric.description,
        series,
    })
}

/// The name with its unit behind it, before a `_total`.
fn named(name: &str, unit: Option<&str>) -> String {
    let base = name.strip_suffix("_total").unwrap_or(name);
    match unit {
        Some(unit) if !base.ends_with(&format!("_{unit}")) => format!("{base}_{unit}"),
        Some(_) => base.to_owned(),
        None => name.to_owned(),
    }
}

fn is_cumulative(temporality: i32) -> bool {
    temporality == AggregationTemporality::Cumulative as i32
}

fn is_recorded(flags: u32) -> bool {
    flags & DataPointFlags::NoRecordedValueMask as u32 == 0
}

fn numbers(points: Vec<NumberDataPoint>, scope: &InstrumentationScope) -> BTreeMap<String, Series> {
    let mut series = BTreeMap::new();
    for point in points.into_iter().filter(|point| is_recorded(point.flags)) {
        let value = match point.value {
            Some(Number::AsInt(value)) => value.to_string(),
            Some(Number::AsDouble(value)) => number(value),
            None => continue,
        };
        series
            .entry(labels_of(&point.attributes, scope))
            .or_insert(Series::Number(value));
    }
    series
}

fn histograms(
    points: Vec<HistogramDataPoint>,
    scope: &InstrumentationScope,
) -> BTreeMap<String, Series> {
    let mut series = BTreeMap::new();
    for point in points.into_iter().filter(|point| is_recorded(point.flags)) {
        let bounds = point
            .explicit_bounds
            .iter()
            .copied()
            .chain([f64::INFINITY])
            .map(number)
            .collect();
        let counts = if point.bucket_counts.is_empty() {
            vec![point.count]
        } else {
            point.bucket_counts
        };
        let histogram = Histogram {
            count: point.count,
            sum: point.sum.unwrap_or_default(),
            min: point.min.unwrap_or_default(),
            max: point.max.unwrap_or_default(),
            counts,
            exemplars: Vec::new(),
        };
        let labels = labels_of(&point.attributes, scope);
        series
            .entry(labels)
            .or_insert(Series::Histogram(bounds, histogram));
    }
    series
}

/// `le` is the bounds' own.
fn labels_of(attributes: &[KeyValue], scope: &InstrumentationScope) -> String {
    let values: Vec<(&str, String)> = attributes
        .iter()
        .map(|attribute| {
            let key = if attribute.key == "le" {
                "exported_le"
            } else {
                attribute.key.as_str()
            };
            (key, text(attribute.value.as_ref()))
        })
        .collect();
    let scope = [
        ("otel_scope_name", scope.name.as_str()),
        ("otel_scope_version", scope.version.as_str()),
    ];
    let scope = scope.into_iter().filter(|(_, value)| !value.is_empty());
    labels::of(
        values
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .chain(scope),
    )
}
