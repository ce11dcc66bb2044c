//! What is sent, as a Collector understood it: everything OTLP and its conventions ask for, by each
//! transport, compressed, with headers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Binaries, Collector, Destinations, Program, eventually, list, now};

#[test]
fn by_http_protobuf() {
    by("conformance::by_http_protobuf", "http");
}

#[test]
fn by_http_json() {
    by("conformance::by_http_json", "http-json");
}

#[test]
fn by_grpc() {
    by("conformance::by_grpc", "grpc");
}

/// As the GenAI conventions call a tool's span.
#[test]
fn by_the_names_of_generative_ai() {
    let Some(binaries) = Binaries::find("conformance::by_the_names_of_generative_ai") else {
        return;
    };
    let (_, received) = sent(binaries, "http", &[("semantic_conventions", "gen_ai")]);
    let spans = each(&received, ["resourceSpans", "scopeSpans", "spans"]);
    let span = named(&spans, "execute_tool llm_generate");
    let attributes = attributes(&span["attributes"]);
    for (key, value) in [
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "llm_generate"),
        ("error.type", "LlmError"),
    ] {
        assert_eq!(attributes[key], json!({ "stringValue": value }), "{span}");
    }
    let call = attributes["gen_ai.tool.call.id"]["stringValue"].as_str();
    assert_eq!(call, span["spanId"].as_str(), "{span}");
}

fn by(test: &str, protocol: &str) {
    let Some(binaries) = Binaries::find(test) else {
        return;
    };
    let began = now();
    let (made, received) = sent(binaries, protocol, &[]);
    resources(&received);
    let ids = spans(&received, began);
    metrics(&received, &made, began);
    logs(&received, &ids, began);
}

/// Eleven rounds of the agent; what it made, and every request as the Collector understood it.
fn sent(binaries: &Binaries, protocol: &str, more: &[(&str, &str)]) -> (Value, Vec<Value>) {
    let collector = Collector::start(binaries, Destinations::default());
    let ports = collector.ports();
    let endpoint = |path: fn(crate::harness::CollectorPorts) -> String| match protocol {
        "grpc" => ports.grpc_endpoint(),
        _ => path(ports),
    };
    let (traces, metrics, logs) = (
        endpoint(|ports| ports.traces_endpoint()),
        endpoint(|ports| ports.metrics_endpoint()),
        endpoint(|ports| ports.logs_endpoint()),
    );
    // The Collector makes an attribute of it: nothing else is known to have come by a header.
    let header = "{ x-tenant: \"search team\" }";
    let mut settings = vec![
        ("service_name", "agent"),
        ("logs_exporter", "otlp"),
        ("traces_endpoint", &*traces),
        ("metrics_endpoint", &*metrics),
        ("logs_endpoint", &*logs),
    ];
    for (keys, value) in [
        (
            ["traces_protocol", "metrics_protocol", "logs_protocol"],
            protocol,
        ),
        (
            [
                "traces_compression",
                "metrics_compression",
                "logs_compression",
            ],
            "gzip",
        ),
        (
            ["traces_headers", "metrics_headers", "logs_headers"],
            header,
        ),
    ] {
        settings.extend(keys.map(|key| (key, value)));
    }
    settings.extend(more);
    let mut agent = Program::start("agent", &settings);
    let made = agent.ask("work 11");
    assert_eq!(agent.ask("flush 60000")["delivered"], true);
    let received = eventually("the Collector has all three signals", || {
        let received = collector.received();
        let has = |signal: &str| received.iter().any(|request| request[signal].is_array());
        let all = ["resourceSpans", "resourceMetrics", "resourceLogs"];
        let spans = each(&received, ["resourceSpans", "scopeSpans", "spans"]).len();
        // Six calls a round.
        match all.iter().all(|signal| has(signal)) && spans == 66 {
            true => Ok(received),
            false => Err(format!("{spans} spans in {} requests", received.len())),
        }
    });
    agent.finish();
    (made, received)
}

/// Of every request: who sent it, by which conventions.
fn resources(received: &[Value]) {
    const SCHEMA: &str = "https://opentelemetry.io/schemas/1.37.0";
    for (signal, scope) in [
        ("resourceSpans", "scopeSpans"),
        ("resourceMetrics", "scopeMetrics"),
        ("resourceLogs", "scopeLogs"),
    ] {
        for resource in received.iter().flat_map(|request| list(&request[signal])) {
            assert_eq!(resource["schemaUrl"], SCHEMA, "{signal}");
            let attributes = attributes(&resource["resource"]["attributes"]);
            for (key, value) in [
                ("service.name", "agent"),
                ("deployment.environment.name", "test"),
                ("telemetry.sdk.language", "rust"),
                ("application", "agent"),
                ("environment", "test"),
            ] {
                assert_eq!(
                    attributes[key],
                    json!({ "stringValue": value }),
                    "{signal}: {key}"
                );
            }
            let text = |key: &str| attributes[key]["stringValue"].as_str().unwrap_or_default();
            assert_eq!(text("service.instance.id").len(), 36, "a UUID");
            assert!(!text("host.name").is_empty() && !text("telemetry.sdk.version").is_empty());
            let process = attributes["process.pid"]["intValue"].as_str();
            assert!(
                process.is_some_and(|id| id.parse::<u32>().is_ok()),
                "{attributes:?}"
            );
            for scope in list(&resource[scope]) {
                assert_eq!(scope["scope"]["name"], "telemetry-runtime", "{signal}");
                assert!(scope["scope"]["version"].is_string(), "{signal}");
                // Prometheus would make it a label of every series.
                let expected = match signal {
                    "resourceMetrics" => Value::Null,
                    _ => json!(SCHEMA),
                };
                assert_eq!(scope["schemaUrl"], expected, "{signal}");
            }
        }
    }
}

/// Gives the trace of each span.
fn spans(received: &[Value], began: f64) -> BTreeMap<String, String> {
    let spans = each(received, ["resourceSpans", "scopeSpans", "spans"]);
    let mut ids = BTreeMap::new();
    for span in &spans {
        let (trace, id) = (hex(&span["traceId"], 32), hex(&span["spanId"], 16));
        assert!(
            ids.insert(id, trace).is_none(),
            "two spans have one id: {span}"
        );
        let (start, end) = (
            time(&span["startTimeUnixNano"]),
            time(&span["endTimeUnixNano"]),
        );
        assert!(began <= start && start <= end && end <= now(), "{span}");
        assert!(
            span["flags"].as_u64().is_some_and(|flags| flags & 1 == 1),
            "sampled: {span}"
        );
        from_the_header(&span["attributes"]);
    }
    for span in &spans {
        if let Some(parent) = span["parentSpanId"].as_str().filter(|id| !id.is_empty()) {
            assert_eq!(
                ids.get(parent).map(String::as_str),
                span["traceId"].as_str(),
                "{span}"
            );
        }
        for event in list(&span["events"]) {
            assert!(
                event["name"].as_str().is_some_and(|name| !name.is_empty()),
                "{span}"
            );
            let at = time(&event["timeUnixNano"]);
            let (start, end) = (
                time(&span["startTimeUnixNano"]),
                time(&span["endTimeUnixNano"]),
            );
            assert!(start <= at && at <= end, "{span}");
        }
        for link in list(&span["links"]) {
            let known = ids.get(&hex(&link["spanId"], 16));
            assert_eq!(known, Some(&hex(&link["traceId"], 32)), "{span}");
        }
    }
    let failed = named(&spans, "tool.llm_generate");
    let attributes = attributes(&failed["attributes"]);
    assert_eq!(
        attributes["error.type"],
        json!({ "stringValue": "LlmError" })
    );
    let text = |key: &str| attributes[key]["stringValue"].as_str().unwrap_or_default();
    assert!(
        text("code.function.name").ends_with("::llm_generate"),
        "{failed}"
    );
    assert!(text("code.file.path").ends_with("agent.rs"), "{failed}");
    let line = attributes["code.line.number"]["intValue"].as_str();
    assert!(
        line.is_some_and(|line| line.parse::<u32>().is_ok_and(|line| line > 0)),
        "{failed}"
    );
    assert_eq!(
        (&failed["kind"], &failed["status"]["code"]),
        (&json!(3), &json!(2)),
        "a client's error"
    );
    ids
}

/// The failed call's where it is one of `llm_generate`.
fn named<'a>(spans: &[&'a Value], name: &str) -> &'a Value {
    let found = spans.iter().find(|span| {
        span["name"] == name && attributes(&span["attributes"]).contains_key("error.type")
    });
    found.unwrap_or_else(|| panic!("{name} in {spans:?}"))
}

fn metrics(received: &[Value], made: &Value, began: f64) {
    let metrics = each(received, ["resourceMetrics", "scopeMetrics", "metrics"]);
    for metric in &metrics {
        let name = metric["name"].as_str().expect("a name");
        let (kind, points) = ["sum", "histogram", "gauge"]
            .into_iter()
            .find_map(|kind| Some((kind, metric[kind]["dataPoints"].as_array()?)))
            .unwrap_or_else(|| panic!("no points: {metric}"));
        if kind != "gauge" {
            assert_eq!(
                metric[kind]["aggregationTemporality"], 2,
                "cumulative: {name}"
            );
        }
        if kind == "sum" {
            let goes_down = ["tool.active", "telemetry.tools", "telemetry.queue"];
            let is_monotonic = metric["sum"]["isMonotonic"].as_bool().unwrap_or(false);
            let may = !goes_down.iter().any(|other| name.starts_with(other));
            assert_eq!(is_monotonic, may, "{name}");
        }
        for point in points {
            let (start, at) = (
                point["startTimeUnixNano"].as_str(),
                time(&point["timeUnixNano"]),
            );
            assert!(began <= at && at <= now(), "{name}: {point}");
            if kind != "gauge" {
                let start = start.expect("sums know since when").parse::<f64>();
                assert!(start.expect("a number") / 1e9 <= at, "{name}: {point}");
            }
            if name.starts_with("tool.") {
                let attributes = attributes(&point["attributes"]);
                assert_eq!(
                    attributes["environment"],
                    json!({ "stringValue": "test" }),
                    "{name}"
                );
                assert!(attributes.contains_key("tool.name"), "{name}");
            }
            from_the_header(&point["attributes"]);
            if kind == "histogram" {
                let (counts, bounds) = (&point["bucketCounts"], &point["explicitBounds"]);
                assert_eq!(list(counts).count(), list(bounds).count() + 1, "{name}");
                let in_buckets: u64 = list(counts).map(number).sum();
                assert_eq!(in_buckets, number(&point["count"]), "{name}");
                for exemplar in list(&point["exemplars"]) {
                    hex(&exemplar["traceId"], 32);
                    hex(&exemplar["spanId"], 16);
                }
            }
        }
    }
    for (name, unit) in [("tool.calls", ""), ("tool.duration", "{ms}")] {
        let metric = metrics.iter().find(|metric| metric["name"] == name);
        let metric = metric.unwrap_or_else(|| panic!("{name}"));
        assert_eq!(metric["unit"].as_str().unwrap_or_default(), unit, "{name}");
    }
    // Of each tool the last point is what was called, and none is less than the one before it.
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    for metric in metrics
        .iter()
        .filter(|metric| metric["name"] == "tool.calls")
    {
        for point in list(&metric["sum"]["dataPoints"]) {
            let tool = attributes(&point["attributes"])["tool.name"]["stringValue"].to_string();
            let (last, value) = (calls.entry(tool).or_default(), number(&point["asInt"]));
            assert!(*last <= value, "{point}");
            *last = value;
        }
    }
    let called: u64 = list(made).map(|made| number(&made["calls"])).sum();
    assert_eq!(calls.values().sum::<u64>(), called);
}

fn logs(received: &[Value], ids: &BTreeMap<String, String>, began: f64) {
    let records = each(received, ["resourceLogs", "scopeLogs", "logRecords"]);
    assert_eq!(records.len(), 66, "a call, a record");
    let mut failures = 0;
    for record in records {
        assert_eq!(record["eventName"], "tool.call");
        let known = ids.get(&hex(&record["spanId"], 16));
        assert_eq!(
            known,
            Some(&hex(&record["traceId"], 32)),
            "of a span that was sent: {record}"
        );
        let at = time(&record["timeUnixNano"]);
        assert!(
            began <= at && at <= now() && time(&record["observedTimeUnixNano"]) >= at,
            "{record}"
        );
        let severity = (
            record["severityNumber"].as_u64(),
            record["severityText"].as_str(),
        );
        let attributes = attributes(&record["attributes"]);
        let failed = attributes.contains_key("error.type");
        let is = match severity {
            (Some(17), Some("ERROR")) => failed,
            (Some(9), Some("INFO")) | (Some(13), Some("WARN")) => !failed,
            _ => false,
        };
        assert!(is, "{record}");
        failures += u64::from(failed);
        assert!(record["body"]["stringValue"].is_string(), "{record}");
        assert!(
            attributes["tool.name"]["stringValue"].is_string(),
            "{record}"
        );
        assert!(
            attributes["duration_ms"]["doubleValue"].is_number(),
            "{record}"
        );
        assert!(attributes["status"]["stringValue"].is_string(), "{record}");
        from_the_header(&record["attributes"]);
    }
    // Rounds 4 and 9, 6, and 10.
    assert_eq!(failures, 4);
}

fn from_the_header(pairs: &Value) {
    let tenant = &attributes(pairs)["x-tenant"];
    assert_eq!(tenant, &json!({ "stringValue": "search team" }));
}

/// What stands three lists deep, in all requests.
fn each<'a>(received: &'a [Value], names: [&str; 3]) -> Vec<&'a Value> {
    let resources = received.iter().flat_map(|request| list(&request[names[0]]));
    let scopes = resources.flat_map(|resource| list(&resource[names[1]]));
    scopes.flat_map(|scope| list(&scope[names[2]])).collect()
}

fn attributes(pairs: &Value) -> BTreeMap<&str, Value> {
    let mut all = BTreeMap::new();
    for pair in list(pairs) {
        let key = pair["key"].as_str().expect("a key");
        assert!(
            all.insert(key, pair["value"].clone()).is_none(),
            "{key} twice"
        );
    }
    all
}

/// An id of so many digits, not all of them 0.
fn hex(id: &Value, digits: usize) -> String {
    let id = id.as_str().unwrap_or_default();
    let is_hex = id
        .chars()
        .all(|c| c.is_ascii_hexdigit() && !c.is_uppercase());
    assert!(
        id.len() == digits && is_hex && id.chars().any(|c| c != '0'),
        "{id:?}"
    );
    id.to_owned()
}

/// Seconds since 1970.
fn time(nanos: &Value) -> f64 {
    let nanos = nanos.as_str().and_then(|text| text.parse::<f64>().ok());
    nanos.expect("64-bit numbers are texts in OTLP/JSON") / 1e9
}

/// What is left out is 0.
fn number(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    text.or_else(|| value.as_u64())
        .or(value.is_null().then_some(0))
        .unwrap_or_else(|| panic!("no number: {value}"))
}
