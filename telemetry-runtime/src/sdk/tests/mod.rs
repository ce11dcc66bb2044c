//! The bridge as its users see it: real providers, their exporters and readers.

mod instruments;
#[cfg(feature = "opentelemetry-otlp")]
mod otlp_client;
mod providers;
mod round_trip;
mod spans;
mod user_exporter;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};

use super::{Metrics, Sink};
use crate::export::Batch;

/// Longer than any test: what happens, happens because it was asked for.
const NEVER: Duration = Duration::from_secs(3_600);

/// A test that has not ended by then is broken; none waits that long.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(30)
}

/// The global providers are one per process, tests are many.
fn globals() -> MutexGuard<'static, ()> {
    static GLOBALS: Mutex<()> = Mutex::new(());
    GLOBALS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sink() -> (Sink, Receiver<Batch>) {
    let (sender, receiver) = channel();
    let sink = move |batch| drop(sender.send(batch));
    (Arc::new(sink), receiver)
}

/// Of the built-in writer, read when asked.
fn metrics(sink: Sink, delta: bool) -> Metrics {
    Metrics {
        sink,
        interval: NEVER,
        delta,
        #[cfg(feature = "opentelemetry-otlp")]
        official: None,
    }
}

/// A user's exporter that shows what it was given.
#[derive(Debug)]
struct Recorder {
    seen: Sender<Seen>,
}

#[derive(Debug, PartialEq)]
enum Seen {
    Resource(Resource),
    Spans(Vec<SpanData>),
    Flush,
    Shutdown,
}

impl Recorder {
    fn new() -> (Self, Receiver<Seen>) {
        let (seen, receiver) = channel();
        (Self { seen }, receiver)
    }

    fn see(&self, seen: Seen) -> OTelSdkResult {
        // The test may have ended.
        let _ = self.seen.send(seen);
        Ok(())
    }
}

impl SpanExporter for Recorder {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.see(Seen::Spans(batch))
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.see(Seen::Flush)
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.see(Seen::Shutdown)
    }

    fn set_resource(&mut self, resource: &Resource) {
        let _ = self.see(Seen::Resource(resource.clone()));
    }
}

fn a_resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "shop"),
            KeyValue::new("process.pid", 7),
        ])
        .build()
}

/// A span with every field in use.
fn a_span(id: u64) -> SpanData {
    let attributes = || {
        vec![
            KeyValue::new("text", "äöü"),
            KeyValue::new("number", i64::MIN),
            KeyValue::new("float", 0.1),
            KeyValue::new("truth", false),
            KeyValue::new(
                "texts",
                Value::Array(Array::String(vec!["a".into(), "".into()])),
            ),
            KeyValue::new("numbers", Value::Array(Array::I64(vec![1, -1]))),
            KeyValue::new("floats", Value::Array(Array::F64(vec![1.5]))),
            KeyValue::new("truths", Value::Array(Array::Bool(vec![true, false]))),
        ]
    };
    let state = |state: &str| state.parse::<TraceState>().unwrap();
    let mut span = a_plain_span(id);
    span.attributes = attributes();
    span.dropped_attributes_count = 3;
    span.parent_span_is_remote = true;
    span.span_kind = SpanKind::Server;
    span.status = Status::error("no such thing");
    span.events.events = vec![Event::new("retry", time(1_500), attributes(), 2)];
    span.events.dropped_count = 4;
    let linked = |remote, flags| {
        SpanContext::new(
            TraceId::from(9),
            SpanId::from(8),
            flags,
            remote,
            state("a=1,b=2"),
        )
    };
    span.links.links = vec![
        Link::new(linked(true, TraceFlags::SAMPLED), attributes(), 1),
        Link::new(linked(false, TraceFlags::default()), vec![], 0),
    ];
    span.links.dropped_count = 5;
    span
}

fn a_plain_span(id: u64) -> SpanData {
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(u128::from(id) + 1),
            SpanId::from(id),
            TraceFlags::SAMPLED,
            false,
            "vendor=x".parse().unwrap(),
        ),
        parent_span_id: SpanId::from(77),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "work".into(),
        start_time: time(1_000),
        end_time: time(2_001),
        attributes: vec![],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("library")
            .with_version("1.2")
            .with_schema_url("https://example.com/schema")
            .with_attributes([KeyValue::new("flavour", "vanilla")])
            .build(),
    }
}

fn time(nanos_past_midnight: u64) -> std::time::SystemTime {
    let midnight = std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    midnight + Duration::from_nanos(nanos_past_midnight)
}
