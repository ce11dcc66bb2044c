//! Requests written by hand: what is seen here, the servers and the questions put to them
//! do by themselves, without the crate under test.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::harness::{
    Binaries, Collector, Destinations, Jaeger, Prometheus, eventually, post_json, spans,
};

#[test]
fn a_span_arrives_in_jaeger_by_the_collector() {
    let Some(binaries) = Binaries::find("a_span_arrives_in_jaeger_by_the_collector") else {
        return;
    };
    let jaeger = Jaeger::start(binaries);
    let collector = Collector::start(
        binaries,
        Destinations {
            traces: Some(&jaeger),
            ..Destinations::default()
        },
    );
    let trace_id = "5b8efff798038103d269b633813fc60c";
    let now = now_ns();
    let request = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "by-hand" } }] },
        "scopeSpans": [{ "scope": { "name": "by-hand" }, "spans": [{
            "traceId": trace_id, "spanId": "eee19b7ec3c1b174", "name": "tool.by_hand", "kind": 1,
            "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 5_000_000).to_string(),
            "attributes": [{ "key": "tool.name", "value": { "stringValue": "by_hand" } }],
            "status": { "code": 2, "message": "no such file" },
        }]}],
    }]});

    post_json(&collector.ports().traces_endpoint(), &request.to_string()).unwrap();

    let trace = eventually("Jaeger has the trace", || jaeger.trace(trace_id));
    assert_eq!(trace["spans"][0]["operationName"], "tool.by_hand");
    let received = eventually("the Collector wrote the span", || {
        Some(spans(&collector.received()))
            .filter(|it| !it.is_empty())
            .ok_or_else(String::new)
    });
    assert_eq!(
        (
            received[0].span_id.as_str(),
            received[0].status,
            received.len()
        ),
        ("eee19b7ec3c1b174", 2, 1)
    );
    eventually("the Collector counts it", || {
        match collector.own_metric("otelcol_receiver_accepted_spans") {
            Ok(1.0) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}

#[test]
fn a_histogram_with_an_exemplar_arrives_in_prometheus() {
    let Some(binaries) = Binaries::find("a_histogram_with_an_exemplar_arrives_in_prometheus")
    else {
        return;
    };
    let prometheus = Prometheus::start(binaries, &[]);
    let collector = Collector::start(
        binaries,
        Destinations {
            metrics: Some(&prometheus),
            ..Destinations::default()
        },
    );
    for endpoint in [
        collector.ports().metrics_endpoint(),
        prometheus.metrics_endpoint(),
    ] {
        let name = if endpoint.contains("/api/v1/") {
            "direct"
        } else {
            "collected"
        };
        let request = histogram(name);

        post_json(&endpoint, &request).unwrap();

        let count = format!("sum(tool_duration_count{{tool_name=\"{name}\"}})");
        eventually("Prometheus counts it", || {
            match prometheus.query(&count)?.as_slice() {
                [sample] if sample.value == 4.0 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        let quantile =
            format!("histogram_quantile(0.95, tool_duration_bucket{{tool_name=\"{name}\"}})");
        let quantile = prometheus.query(&quantile).unwrap();
        assert!(
            quantile[0].value > 10.0 && quantile[0].value <= 100.0,
            "{quantile:?}"
        );
        let selector = format!("tool_duration_bucket{{tool_name=\"{name}\"}}");
        let exemplar = eventually("Prometheus keeps the exemplar", || {
            prometheus
                .exemplars(&selector, now_ns() as f64 / 1e9)?
                .pop()
                .ok_or_else(|| "none".to_owned())
        });
        assert_eq!(
            exemplar.labels["trace_id"],
            "5b8efff798038103d269b633813fc60c"
        );
        assert_eq!(
            (exemplar.value, exemplar.series["tool_name"].as_str()),
            (42.0, name)
        );
    }
}

fn histogram(tool: &str) -> String {
    let now = now_ns();
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "by-hand" } }] },
        "scopeMetrics": [{ "scope": { "name": "by-hand" }, "metrics": [{
            "name": "tool.duration", "unit": "{ms}", "histogram": { "aggregationTemporality": 2, "dataPoints": [{
                "attributes": [{ "key": "tool.name", "value": { "stringValue": tool } }],
                "startTimeUnixNano": (now - 1_000_000_000).to_string(), "timeUnixNano": now.to_string(),
                "count": "4", "sum": 63.0, "min": 7.0, "max": 42.0,
                "explicitBounds": [10.0, 100.0], "bucketCounts": ["3", "1", "0"],
                "exemplars": [{
                    "timeUnixNano": now.to_string(), "asDouble": 42.0,
                    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
                }],
            }]},
        }]}],
    }]})
    .to_string()
}

fn now_ns() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    u64::try_from(since.as_nanos()).expect("before 2554")
}
