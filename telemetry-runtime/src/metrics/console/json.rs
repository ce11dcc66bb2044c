//! Points as lines of JSON.

use serde_json::{Value, json};

use super::points::Points;
use crate::export::attributes::{number, object};
use crate::export::console::{line, time};

/// One object a line. Each has `time` (RFC 3339, UTC) and `temporality` (`cumulative` or `delta`).
///
/// A tool: `tool`, `environment`, `calls`, `errors`, `slow`, `active`, `mean_ms`, `p50_ms`,
/// `p95_ms`, `p99_ms`, `max_ms`, all statuses together; `null` without calls.
///
/// Anything else: `metric`, `unit`, `attributes`, and `value`, or `count`, `sum`, `min`, `max`.
pub(super) fn of(points: &Points) -> String {
    let temporality = if points.delta { "delta" } else { "cumulative" };
    let common = [
        ("time", json!(time(points.time))),
        ("temporality", json!(temporality)),
    ];
    let mut out = String::new();
    for (name, tool) in &points.tools {
        let milliseconds = |value: Option<f64>| value.map_or(Value::Null, number);
        let fields = [
            ("tool", json!(name)),
            ("environment", json!(tool.environment)),
            ("calls", json!(tool.calls.value)),
            ("errors", json!(tool.errors.value)),
            ("slow", json!(tool.slow.value)),
            ("active", json!(tool.active.value)),
            ("mean_ms", milliseconds(tool.durations.mean())),
            ("p50_ms", milliseconds(tool.durations.quantile(0.5))),
            ("p95_ms", milliseconds(tool.durations.quantile(0.95))),
            ("p99_ms", milliseconds(tool.durations.quantile(0.99))),
            ("max_ms", milliseconds(tool.durations.max())),
        ];
        out.push_str(&line(&[&common[..], &fields].concat()));
    }
    for ((name, _), other) in &points.others {
        let fields = [
            ("metric", json!(name)),
            ("unit", json!(other.unit)),
            ("attributes", Value::Object(object(&other.attributes))),
        ];
        out.push_str(&line(&[&common[..], &fields, &other.values].concat()));
    }
    out
}
