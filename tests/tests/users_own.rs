//! What a program measures and traces by itself goes where the tools' telemetry goes.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::Tracer;
use opentelemetry::{KeyValue, global};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, Temporality};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use telemetry_runtime::{Telemetry, health};
use telemetry_tests::sink::{Mode, Sink, text};
use telemetry_tests::spans::Spans;
use telemetry_tests::{PATIENCE, alone, statistics, tool};

#[test]
fn counters_and_spans_arrive_with_the_same_resource() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .service_name("shop")
        .init()
        .expect("right");
    let counter = global::meter("my meter").u64_counter("my.orders").build();
    counter.add(3, &[KeyValue::new("kind", "book")]);
    counter.add(4, &[KeyValue::new("kind", "book")]);
    global::tracer("my tracer").in_span("my span", |_| tool!("below my span", || {}));
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");

    let seen = sink.seen();
    let metric = seen.metric("my.orders").expect("it arrives");
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("no sum")
    };
    assert_eq!(sum.data_points[0].value, Some(Number::AsInt(7)));
    assert_eq!(text(&sum.data_points[0].attributes, "kind"), "book");

    let who = |resource: &Option<Resource>| {
        let attributes = &resource.as_ref().expect("a resource").attributes;
        let of = |key| text(attributes, key).to_owned();
        (of("service.name"), of("service.instance.id"))
    };
    let all: Vec<_> = seen
        .metrics
        .iter()
        .flat_map(|request| &request.resource_metrics)
        .map(|of| who(&of.resource))
        .collect();
    assert!(all.len() > 1, "tools' and others");
    assert_eq!(all[0].0, "shop");
    assert!(all[0].1.len() > 30);
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");

    let names: Vec<_> = seen.spans.iter().map(|span| &*span.name).collect();
    assert!(
        names.contains(&"my span") && names.contains(&"tool.below my span"),
        "{names:?}"
    );
}

/// The last values of counters by name and tool.
#[derive(Clone, Default)]
struct Reader(Arc<Mutex<Vec<(String, String, u64)>>>);

impl PushMetricExporter for Reader {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut all = self.0.lock().expect("no panic");
        all.clear();
        let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
        for metric in metrics {
            let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() else {
                continue;
            };
            for point in sum.data_points() {
                let tool = point
                    .attributes()
                    .find(|found| found.key.as_str() == "tool.name");
                let tool = tool
                    .map(|found| found.value.to_string())
                    .unwrap_or_default();
                all.push((metric.name().to_owned(), tool, point.value()));
            }
        }
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

#[test]
fn a_reader_of_the_users_sees_the_tools() {
    let _alone = alone();
    let reader = Reader::default();
    let theirs = PeriodicReader::builder(reader.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let sink = Sink::start(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .meter_provider(|provider| provider.with_reader(theirs))
        .init()
        .expect("right");
    for number in 0..5 {
        let _ = tool!("read", || if number == 0 { Err("no") } else { Ok(()) });
    }
    global::meter("my meter")
        .u64_counter("my.counter")
        .build()
        .add(1, &[]);
    assert!(telemetry.flush(PATIENCE).is_complete());
    let seen = reader.0.lock().expect("no panic").clone();
    let value = |name: &str, tool: &str| {
        seen.iter()
            .find(|(n, t, _)| n == name && t == tool)
            .map(|found| found.2)
    };
    assert_eq!(value("tool.calls", "read"), Some(5));
    assert_eq!(value("tool.errors", "read"), Some(1));
    assert_eq!(value("my.counter", ""), Some(1));
    // Sent by the tools' own way, and not a second time by the SDK's.
    let sent = sink.seen();
    let metrics = sent
        .metrics
        .iter()
        .flat_map(|request| &request.resource_metrics);
    let scopes = metrics.flat_map(|resource| &resource.scope_metrics);
    let calls = scopes
        .flat_map(|scope| &scope.metrics)
        .filter(|metric| metric.name == "tool.calls")
        .count();
    assert_eq!(calls, 1);
    drop(sent);
    drop(telemetry);
}

#[derive(Debug)]
struct Fails;

impl SpanExporter for Fails {
    fn export(&self, _batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        std::future::ready(Err(OTelSdkError::InternalFailure("on purpose".to_owned())))
    }
}

#[derive(Debug)]
struct Panics;

impl SpanExporter for Panics {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        panic!("on purpose")
    }
}

/// One of three is fine: the others' trouble is theirs, and told.
#[test]
fn exporters_that_fail_or_panic_lose_their_own_only() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry =
        spans.telemetry_with(|builder| builder.span_exporter(Fails).span_exporter(Panics));
    (0..5).for_each(|_| tool!("thrice", || {}));
    let report = telemetry.flush(PATIENCE);
    assert_eq!(
        (
            report.traces.delivered,
            report.traces.dropped,
            report.traces.waiting
        ),
        (5, 10, 0),
        "{report}"
    );
    let health = health().destinations;
    assert_eq!(health.len(), 3);
    assert_eq!(
        health.iter().filter(|one| one.last_error.is_some()).count(),
        2
    );
    assert_eq!(statistics("thrice").calls, 5);
    drop(telemetry);
    assert_eq!(spans.sent().names().len(), 5);
}

/// Tools that an exporter itself calls would make spans for ever.
#[test]
fn an_exporter_made_of_tools_comes_to_rest() {
    #[derive(Debug)]
    struct UsesTools(Spans);
    impl SpanExporter for UsesTools {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            tool!("exports", || {});
            self.0.export(batch).await
        }
    }
    let _alone = alone();
    let spans = Spans::default();
    let builder = Telemetry::builder()
        .no_file()
        .span_exporter(UsesTools(spans.clone()));
    let telemetry = builder.init().expect("right");
    tool!("exported", || {});
    for _ in 0..3 {
        assert!(telemetry.flush(PATIENCE).is_complete());
    }
    assert_eq!(spans.after(telemetry).names(), ["tool.exported"]);
}
