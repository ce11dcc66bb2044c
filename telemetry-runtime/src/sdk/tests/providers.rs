//! The global providers, from `install` to shutdown.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, Span, SpanData, SpanProcessor};
use prost::Message;

use super::{NEVER, far, globals, metrics, sink, soon};
use crate::export::Batch;
use crate::metrics::Snapshot;
use crate::sdk::{
    Install, MeterProviderHook, Providers, Spans, Tools, TracerProviderHook, decode, install,
};

fn nothing() -> Tools {
    let snapshot = || Snapshot {
        started: 0,
        taken: 0,
        bounds: Arc::new([]),
        tools: vec![],
    };
    Tools {
        snapshot: Arc::new(snapshot),
        environment: "test".to_owned(),
        max_tools: 10,
    }
}

/// Both signals to one sink, nothing by time.
fn wanted(rate: f64) -> (Install, Receiver<Batch>) {
    let (sink, batches) = sink();
    let spans = Spans {
        sink: Arc::clone(&sink),
        dropped: Arc::new(|_| {}),
        batch_max: 100,
        batch_delay: NEVER,
    };
    let install = Install {
        resource: vec![("service.name".to_owned(), "shop".into())],
        sample_rate: Arc::new(move || rate),
        spans: Some(spans),
        metrics: Some(metrics(sink, false)),
        tools: nothing(),
        tracer_provider: None,
        meter_provider: None,
    };
    (install, batches)
}

fn flush(providers: &Providers) {
    assert_eq!(providers.flush(far()), Vec::<String>::new());
}

fn spans(batch: &Batch) -> (Resource, Vec<SpanData>) {
    let mut request = ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap();
    let spans = request.resource_spans.remove(0);
    (decode::resource(&spans), decode::spans(spans))
}

#[test]
fn spans_and_instruments_of_others_arrive_with_our_resource() {
    let _globals = globals();
    let (wanted, batches) = wanted(1.0);
    let providers = install(wanted).unwrap();
    global::tracer("library").in_span("work", |_| ());
    global::meter("library")
        .u64_counter("things")
        .build()
        .add(2, &[]);
    flush(&providers);

    let traces = batches.try_recv().unwrap();
    let (resource, sent) = spans(&traces);
    assert_eq!(traces.items, 1);
    assert_eq!(resource.iter().count(), 1);
    assert_eq!(resource.get(&"service.name".into()), Some("shop".into()));
    assert_eq!(
        (sent[0].name.as_ref(), sent[0].instrumentation_scope.name()),
        ("work", "library")
    );

    let metrics = batches.try_recv().unwrap();
    let request = ExportMetricsServiceRequest::decode(metrics.body.as_slice()).unwrap();
    let resource = request.resource_metrics[0].resource.as_ref().unwrap();
    assert_eq!(resource.attributes.len(), 1);
    assert_eq!(
        request.resource_metrics[0].scope_metrics[0].metrics[0].name,
        "things"
    );
    assert_eq!(providers.shutdown(far()), Vec::<String>::new());
}

#[test]
fn after_shutdown_nothing_is_made_until_the_next_install() {
    let _globals = globals();
    let (first, first_batches) = wanted(1.0);
    let providers = install(first).unwrap();
    assert_eq!(providers.shutdown(far()), Vec::<String>::new());
    global::tracer("library").in_span("lost", |context| {
        assert!(!context.span().is_recording());
    });
    assert!(
        !providers.flush(far()).is_empty(),
        "the meter provider says it is shut down"
    );

    let (second, second_batches) = wanted(1.0);
    let providers = install(second).unwrap();
    global::tracer("library").in_span("kept", |_| ());
    flush(&providers);
    assert_eq!(spans(&second_batches.try_recv().unwrap()).1[0].name, "kept");
    assert!(first_batches.try_recv().is_err());
    providers.shutdown(far());
}

/// A tool makes itself current just like this.
fn inside(flags: TraceFlags) -> Context {
    Context::current_with_baggage([KeyValue::new("tenant", "acme")]).with_remote_span_context(
        SpanContext::new(
            TraceId::from(5),
            SpanId::from(6),
            flags,
            false,
            TraceState::default(),
        ),
    )
}

#[test]
fn a_span_inside_a_tool_is_its_child_and_follows_its_sampling() {
    let _globals = globals();
    for (rate, flags, exported) in [
        (0.0, TraceFlags::SAMPLED, 1),
        (1.0, TraceFlags::default(), 0),
        (1.0, TraceFlags::SAMPLED, 1),
    ] {
        let (wanted, batches) = wanted(rate);
        let providers = install(wanted).unwrap();
        let tool = inside(flags).attach();
        global::tracer("library").in_span("child", |context| {
            assert_eq!(context.span().span_context().trace_id(), TraceId::from(5));
            assert_eq!(context.span().span_context().is_sampled(), exported == 1);
            assert_eq!(context.baggage().get("tenant").unwrap().as_str(), "acme");
        });
        drop(tool);
        flush(&providers);
        let sent: Vec<_> = batches
            .try_iter()
            .flat_map(|batch| spans(&batch).1)
            .collect();
        assert_eq!(sent.len(), exported, "rate {rate}, {flags:?}");
        for span in sent {
            assert_eq!(span.parent_span_id, SpanId::from(6));
            assert_eq!(span.span_context.trace_id(), TraceId::from(5));
            assert!(!span.parent_span_is_remote);
        }
        providers.shutdown(far());
    }
}

#[test]
fn a_root_follows_the_rate_as_it_is_now() {
    let _globals = globals();
    let rate = Arc::new(AtomicU64::new(0));
    let now = Arc::clone(&rate);
    let (mut wanted, batches) = wanted(0.0);
    wanted.sample_rate = Arc::new(move || now.load(Ordering::Relaxed) as f64);
    let providers = install(wanted).unwrap();
    let tracer = global::tracer("library");
    tracer.in_span("not sampled", |_| ());
    rate.store(1, Ordering::Relaxed);
    tracer.in_span("sampled", |_| ());
    flush(&providers);
    let sent: Vec<_> = batches
        .try_iter()
        .flat_map(|batch| spans(&batch).1)
        .collect();
    assert_eq!(
        sent.iter()
            .map(|span| span.name.as_ref())
            .collect::<Vec<_>>(),
        ["sampled"]
    );
    providers.shutdown(far());
}

#[test]
fn without_exporters_spans_are_made_and_go_nowhere() {
    let _globals = globals();
    let (mut wanted, batches) = wanted(1.0);
    (wanted.spans, wanted.metrics) = (None, None);
    let providers = install(wanted).unwrap();
    global::tracer("library").in_span("work", |context| {
        assert!(context.span().span_context().is_valid());
    });
    global::meter("library")
        .u64_counter("things")
        .build()
        .add(2, &[]);
    flush(&providers);
    assert!(batches.try_recv().is_err());
    providers.shutdown(far());
}

/// A user's processor that never comes back from a flush.
#[derive(Debug)]
struct Hanging {
    hold: Mutex<Receiver<()>>,
}

impl SpanProcessor for Hanging {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, _span: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        let _ = self.hold.lock().unwrap().recv();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.force_flush()
    }
}

#[test]
fn a_users_processor_that_hangs_costs_the_deadline_and_none_of_our_spans() {
    let _globals = globals();
    let (release, hold) = channel();
    let (mut wanted, batches) = wanted(1.0);
    let hanging = Hanging {
        hold: Mutex::new(hold),
    };
    wanted.tracer_provider = Some(Box::new(|builder| builder.with_span_processor(hanging)));
    let providers = install(wanted).unwrap();
    let tracer = global::tracer("library");
    let names = |batches: &Receiver<Batch>| -> Vec<String> {
        let batches = batches.try_iter().flat_map(|batch| spans(&batch).1);
        batches.map(|span| span.name.into_owned()).collect()
    };

    tracer.in_span("first", |_| ());
    let faults = providers.flush(soon());
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("tracer provider did not flush")),
        "{faults:?}"
    );
    assert_eq!(names(&batches), ["first"]);

    tracer.in_span("second", |_| ());
    let faults = providers.shutdown(soon());
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("has not finished the flush before")),
        "{faults:?}"
    );
    assert_eq!(names(&batches), ["second"]);
    drop(release);
    providers.shutdown(far());
}

#[test]
fn hooks_come_last_and_may_change_everything() {
    let _globals = globals();
    let (mut wanted, batches) = wanted(1.0);
    let tracer_provider: TracerProviderHook =
        Box::new(|builder| builder.with_sampler(Sampler::AlwaysOff));
    let meter_provider: MeterProviderHook = Box::new(|builder| {
        builder.with_view(|instrument: &opentelemetry_sdk::metrics::Instrument| {
            let renamed = opentelemetry_sdk::metrics::Stream::builder().with_name("renamed");
            (instrument.name() == "things").then(|| renamed.build().unwrap())
        })
    });
    wanted.tracer_provider = Some(tracer_provider);
    wanted.meter_provider = Some(meter_provider);
    let providers = install(wanted).unwrap();
    global::tracer("library").in_span("never", |_| ());
    global::meter("library")
        .u64_counter("things")
        .build()
        .add(2, &[]);
    flush(&providers);
    let batch = batches.try_recv().unwrap();
    let request = ExportMetricsServiceRequest::decode(batch.body.as_slice()).unwrap();
    assert_eq!(
        request.resource_metrics[0].scope_metrics[0].metrics[0].name,
        "renamed"
    );
    assert!(batches.try_recv().is_err());
    providers.shutdown(far());
}

#[test]
fn a_global_propagator_is_set() {
    let _globals = globals();
    let (wanted, _batches) = wanted(1.0);
    let providers = install(wanted).unwrap();
    let fields = global::get_text_map_propagator(|propagator| {
        propagator.fields().map(str::to_owned).collect::<Vec<_>>()
    });
    for field in ["traceparent", "tracestate", "baggage"] {
        assert!(
            fields.iter().any(|known| known == field),
            "{field} not in {fields:?}"
        );
    }
    providers.shutdown(far());
}
