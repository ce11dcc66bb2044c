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

fn list(value: &Value) -> impl Iterator<Item = &Value> {
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
