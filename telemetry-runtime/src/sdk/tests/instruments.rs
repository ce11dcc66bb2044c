//! Users' readers and the tools' counters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use prost::Message;

use super::{NEVER, metrics as ours, sink};
use crate::call::Objective;
use crate::export::Signal;
use crate::metrics::{DriftNumbers, Snapshot, ToolSnapshot};
use crate::sdk::Tools;
use crate::sdk::instruments::{Source, register, with_room};
use crate::sdk::metrics::with_reader;

/// A user's exporter behind a reader of theirs.
struct UserReader(Sender<ExportMetricsServiceRequest>);

impl PushMetricExporter for UserReader {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let _ = self.0.send(metrics.into());
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn tool(name: &str, calls: u64) -> ToolSnapshot {
    ToolSnapshot {
        name: name.into(),
        first_seen: 1,
        calls,
        errors: calls / 2,
        errors_by_type: vec![("Timeout".into(), 2), ("panic".into(), 1)],
        slow: 1,
        active: -1,
        threshold_ms: (calls > 5).then_some(2.5),
        objective: Objective {
            success: (calls > 5).then_some(99.9),
            latency_ms: (calls > 5).then_some(250.0),
            quantile: (calls > 5).then_some(95.0),
        },
        drift: (calls > 5).then(|| DriftNumbers {
            score: 0.5,
            events: vec![("performance", "high", 3)],
        }),
        durations: vec![],
    }
}

fn snapshot(tools: Vec<ToolSnapshot>) -> Snapshot {
    Snapshot {
        started: 0,
        taken: 1,
        bounds: Arc::new([]),
        tools,
    }
}

fn tools(snapshot: impl Fn() -> Snapshot + Send + Sync + 'static) -> Tools {
    Tools {
        snapshot: Arc::new(snapshot),
        environment: "production".to_owned(),
        max_tools: 3_000,
    }
}

/// One provider with our reader and a user's.
fn provider(
    tools: &Tools,
) -> (
    SdkMeterProvider,
    Receiver<crate::export::Batch>,
    Receiver<ExportMetricsServiceRequest>,
) {
    let (sink, batches) = sink();
    let (sender, read) = channel();
    let users = PeriodicReader::builder(UserReader(sender))
        .with_interval(NEVER)
        .build();
    let builder = with_reader(SdkMeterProvider::builder(), ours(sink, false), true);
    let builder = builder.with_reader(users);
    let provider = with_room(builder, tools.max_tools).build();
    register(&provider, tools);
    (provider, batches, read)
}

fn metrics(request: ExportMetricsServiceRequest) -> BTreeMap<String, Metric> {
    let scopes = request
        .resource_metrics
        .into_iter()
        .flat_map(|resource| resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    metrics
        .map(|metric| (metric.name.clone(), metric))
        .collect()
}

fn points(metric: &Metric) -> &[NumberDataPoint] {
    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("neither sum nor gauge: {other:?}"),
    }
}

/// `key=value,…: number`, sorted.
fn lines(metric: &Metric) -> Vec<String> {
    let mut lines: Vec<_> = points(metric).iter().map(line).collect();
    lines.sort();
    lines
}

fn line(point: &NumberDataPoint) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let mut attributes: Vec<_> = point
        .attributes
        .iter()
        .map(
            |attribute| match attribute.value.as_ref().unwrap().value.as_ref().unwrap() {
                Value::StringValue(value) => format!("{}={value}", attribute.key),
                other => panic!("no text: {other:?}"),
            },
        )
        .collect();
    attributes.sort();
    let value = match point.value.unwrap() {
        Number::AsInt(value) => value.to_string(),
        Number::AsDouble(value) => value.to_string(),
    };
    format!("{}: {value}", attributes.join(","))
}

#[test]
fn a_users_reader_sees_all_counters() {
    let tools = tools(|| snapshot(vec![tool("fetch", 10), tool("parse", 4)]));
    let (provider, _batches, read) = provider(&tools);
    provider.force_flush().unwrap();
    let seen = metrics(read.recv().unwrap());
    let expect = |name: &str, expected: &[&str]| assert_eq!(lines(&seen[name]), expected, "{name}");
    expect(
        "tool.calls",
        &[
            "environment=production,tool.name=fetch: 10",
            "environment=production,tool.name=parse: 4",
        ],
    );
    expect(
        "tool.errors",
        &[
            "environment=production,tool.name=fetch: 5",
            "environment=production,tool.name=parse: 2",
        ],
    );
    expect(
        "tool.errors.by_type",
        &[
            "environment=production,error.type=Timeout,tool.name=fetch: 2",
            "environment=production,error.type=Timeout,tool.name=parse: 2",
            "environment=production,error.type=panic,tool.name=fetch: 1",
            "environment=production,error.type=panic,tool.name=parse: 1",
        ],
    );
    expect(
        "tool.slow",
        &[
            "environment=production,tool.name=fetch: 1",
            "environment=production,tool.name=parse: 1",
        ],
    );
    expect(
        "tool.active",
        &[
            "environment=production,tool.name=fetch: -1",
            "environment=production,tool.name=parse: -1",
        ],
    );
    expect(
        "tool.threshold_ms",
        &["environment=production,tool.name=fetch: 2.5"],
    );
    for (name, value) in [
        ("tool.objective.success", "99.9"),
        ("tool.objective.latency_ms", "250"),
        ("tool.objective.quantile", "95"),
    ] {
        let fetch = format!("environment=production,tool.name=fetch: {value}");
        expect(name, &[&fetch]);
    }
    expect(
        "tool.drift.score",
        &["environment=production,tool.name=fetch: 0.5"],
    );
    expect(
        "tool.drift.events",
        &["drift.type=performance,environment=production,severity=high,tool.name=fetch: 3"],
    );
    assert_eq!(seen.len(), 11);
    let monotonic = |name: &str| match &seen[name].data {
        Some(Data::Sum(sum)) => sum.is_monotonic,
        other => panic!("no sum: {other:?}"),
    };
    assert!(monotonic("tool.calls") && !monotonic("tool.active"));
}

#[test]
fn our_own_reader_leaves_them_out_and_nothing_else() {
    let tools = tools(|| snapshot(vec![tool("fetch", 10)]));
    let (provider, batches, read) = provider(&tools);
    provider.force_flush().unwrap();
    read.recv().unwrap();
    assert!(
        batches.try_recv().is_err(),
        "nothing but tools' counters: nothing to send"
    );

    provider
        .meter("telemetry-runtime")
        .u64_counter("own")
        .build()
        .add(1, &[]);
    let theirs = provider.meter("library");
    theirs.u64_counter("tool.calls").build().add(3, &[]);
    theirs.f64_histogram("size").build().record(2.0, &[]);
    provider.force_flush().unwrap();
    let batch = batches.try_recv().unwrap();
    assert_eq!((batch.signal, batch.items), (Signal::Metrics, 3));
    let sent = metrics(ExportMetricsServiceRequest::decode(batch.body.as_slice()).unwrap());
    assert_eq!(
        sent.keys().collect::<Vec<_>>(),
        ["own", "size", "tool.calls"]
    );
    assert_eq!(lines(&sent["tool.calls"]), [": 3"]);
}

#[test]
fn there_is_room_for_max_tools() {
    let all = || {
        snapshot(
            (0..3_000)
                .map(|tool_| tool(&format!("t{tool_}"), 6))
                .collect(),
        )
    };
    let tools = tools(all);
    let (provider, _batches, read) = provider(&tools);
    provider.force_flush().unwrap();
    let seen = metrics(read.recv().unwrap());
    assert_eq!(points(&seen["tool.calls"]).len(), 3_000);
    assert_eq!(points(&seen["tool.errors.by_type"]).len(), 6_000);
    assert_eq!(points(&seen["tool.threshold_ms"]).len(), 3_000);
}

#[test]
fn a_collection_shares_one_snapshot_and_the_next_takes_a_new_one() {
    let taken = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&taken);
    let source = Source::new(&tools(move || {
        snapshot(vec![tool(
            "fetch",
            counting.fetch_add(1, Ordering::Relaxed) + 1,
        )])
    }));
    let calls = |index| source.snapshot(index).tools[0].calls;
    assert_eq!((0..6).map(calls).collect::<Vec<_>>(), [1; 6]);
    assert_eq!((0..6).map(calls).collect::<Vec<_>>(), [2; 6]);
    // A view has dropped all others.
    assert_eq!([calls(1), calls(3), calls(1), calls(3)], [3, 3, 4, 4]);
}

#[test]
fn temporality_is_as_configured() {
    for (delta, expected) in [(false, [5, 12]), (true, [5, 7])] {
        let (sink, batches) = sink();
        let builder = with_reader(SdkMeterProvider::builder(), ours(sink, delta), true);
        let provider = builder.build();
        let counter = provider.meter("library").u64_counter("things").build();
        let sent = Mutex::new(vec![]);
        for add in [5, 7] {
            counter.add(add, &[]);
            provider.force_flush().unwrap();
            let body = batches.try_recv().unwrap().body;
            let metrics = metrics(ExportMetricsServiceRequest::decode(body.as_slice()).unwrap());
            let value = points(&metrics["things"])[0].value.unwrap();
            sent.lock().unwrap().push(value);
        }
        assert_eq!(
            sent.into_inner().unwrap(),
            expected.map(Number::AsInt),
            "delta: {delta}"
        );
    }
}
