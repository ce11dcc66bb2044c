//! Spans out of OTLP/JSON requests.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a test asks of a span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    pub(crate) name: String,
    /// 1 is internal.
    pub(crate) kind: u64,
    /// 0 unset, 1 ok, 2 error.
    pub(crate) status: u64,
    pub(crate) status_message: String,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Values as OTLP/JSON has them: `{"stringValue": …}`, `{"intValue": "3"}`.
    pub(crate) attributes: BTreeMap<String, Value>,
}

/// Every span in some requests, in their order.
pub(crate) fn spans(requests: &[Value]) -> Vec<Span> {
    let resources = requests
        .iter()
        .flat_map(|request| list(&request["resourceSpans"]));
    let scopes = resources.flat_map(|resource| list(&resource["scopeSpans"]));
    scopes
        .flat_map(|scope| list(&scope["spans"]))
        .map(span)
        .collect()
}

fn span(span: &Value) -> Span {
    Span {
        trace_id: text(&span["traceId"]),
        span_id: text(&span["spanId"]),
        parent: text(&span["parentSpanId"]),
        name: text(&span["name"]),
        kind: span["kind"].as_u64().unwrap_or(0),
        status: span["status"]["code"].as_u64().unwrap_or(0),
        status_message: text(&span["status"]["message"]),
        start: nanoseconds(&span["startTimeUnixNano"]),
        end: nanoseconds(&span["endTimeUnixNano"]),
        attributes: attributes(&span["attributes"]),
    }
}

/// OTLP/JSON's key-value list.
fn attributes(pairs: &Value) -> BTreeMap<String, Value> {
    list(pairs)
        .map(|pair| (text(&pair["key"]), pair["value"].clone()))
        .collect()
}

/// What is in a list; nothing where there is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// 64-bit numbers are strings in OTLP/JSON.
fn nanoseconds(value: &Value) -> u64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no time: {value}"))
}

/// The sum of a counter over all its points in the last of some requests that has it. A
/// series that begins there has two points, of which the first is 0.
pub(crate) fn last_sum(requests: &[Value], instrument: &str) -> Option<f64> {
    requests.iter().rev().find_map(|request| {
        let resources = list(&request["resourceMetrics"]);
        let scopes = resources.flat_map(|resource| list(&resource["scopeMetrics"]));
        let mut metrics = scopes.flat_map(|scope| list(&scope["metrics"]));
        let metric = metrics.find(|metric| metric["name"] == instrument)?;
        let points = list(&metric["sum"]["dataPoints"]);
        Some(
            points
                .map(|point| number(&point["asInt"]) + number(&point["asDouble"]))
                .sum(),
        )
    })
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap_or_else(|_| panic!("no number: {text}")),
        other => other.as_f64().unwrap_or(0.0),
    }
}

/// A request without what a writer of OTLP/JSON may leave out or put in (fields that
/// hold their default), its numbers as one kind: equal where the messages are.
pub(crate) fn comparable(request: &Value) -> Value {
    match request {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), comparable(value)));
            Value::Object(fields.filter(|(_, value)| !is_default(value)).collect())
        }
        Value::Array(items) => items.iter().map(comparable).collect(),
        Value::Number(number) => number.as_f64().into(),
        other => other.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "0",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}
