//! Tools among the spans of OpenTelemetry: as their children, as their parents.

use std::thread;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{
    FutureExt, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, global};
use telemetry_runtime::{Telemetry, current, track_tool_call};
use telemetry_tests::spans::Spans;
use telemetry_tests::{alone, async_tool, tool};

const TRACE: TraceId =
    TraceId::from_bytes(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
const SPAN: SpanId = SpanId::from_bytes(0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());

/// What an extractor makes of a request's headers.
fn remote(flags: TraceFlags) -> Context {
    let state = TraceState::from_key_value([("vendor", "v1")]).expect("a right state");
    let span = SpanContext::new(TRACE, SPAN, flags, true, state);
    Context::new()
        .with_remote_span_context(span)
        .with_baggage([KeyValue::new("tenant", "acme")])
}

#[test]
fn a_remote_span_is_the_parent() {
    let _alone = alone();
    for otel_context in [true, false] {
        let spans = Spans::default();
        let telemetry = spans.telemetry_with(|builder| builder.set("otel_context", otel_context));
        {
            let _attached = remote(TraceFlags::SAMPLED).attach();
            tool!("served", || tool!("deeper", || {}));
        }
        let later = async { async_tool!("served later", async {}).await };
        pollster::block_on(later.with_context(remote(TraceFlags::SAMPLED)));
        tool!("nobody's", || {});
        let sent = spans.after(telemetry);
        for tool in ["served", "served later"] {
            let span = sent.one(tool);
            assert_eq!(span.span_context.trace_id(), TRACE, "{tool}");
            assert_eq!(span.parent_span_id, SPAN, "{tool}");
            assert!(span.parent_span_is_remote, "{tool}");
            assert_eq!(
                span.span_context.trace_state().header(),
                "vendor=v1",
                "{tool}"
            );
        }
        assert!(sent.is_child("deeper", "served"));
        assert!(!sent.one("deeper").parent_span_is_remote);
        assert!(sent.is_root("nobody's"));
    }
}

/// Whatever would take it for its parent would have one that never comes: the caller's span stays
/// the active one, and those that are made inside of the tool are its children.
#[test]
fn where_no_span_is_sent_none_is_made_current() {
    let _alone = alone();
    let builder = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "none");
    let _telemetry = builder.init().expect("a right configuration");
    let _attached = remote(TraceFlags::SAMPLED).attach();
    let active = || Context::current().span().span_context().clone();
    tool!("unsent", || assert_eq!(active().span_id(), SPAN));
    pollster::block_on(async_tool!("unsent later", async move {
        assert_eq!(active().span_id(), SPAN);
        assert_eq!(
            current().trace_id().map(|id| id.to_bytes()),
            Some(TRACE.to_bytes())
        );
    }));
}

#[test]
fn the_remote_caller_decides_on_sampling() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("traces_sample_rate", 0.0));
    {
        let _attached = remote(TraceFlags::SAMPLED).attach();
        tool!("chosen there", || {});
    }
    {
        let _attached = remote(TraceFlags::NOT_SAMPLED).attach();
        tool!("left out there", || {});
    }
    let sent = spans.after(telemetry);
    assert_eq!(sent.names(), ["tool.chosen there"]);
}

#[test]
fn spans_of_the_sdk_and_tools_nest_in_each_other() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let tracer = global::tracer("a library");
    tracer.in_span("request", |_| {
        tool!("handler", || {
            tracer.in_span("query", |_| {
                tool!("decode", || {});
            });
            tool!("encode", || {});
        });
    });
    let sent = spans.after(telemetry);
    assert!(sent.is_root("request"));
    assert!(sent.is_child("handler", "request"));
    assert!(sent.is_child("query", "handler"));
    assert!(sent.is_child("decode", "query"));
    assert!(sent.is_child("encode", "handler"));
    assert!(!sent.one("query").parent_span_is_remote);
    assert!(!sent.one("decode").parent_span_is_remote);
    let resource = |span: &str| sent.one(span).span_context.trace_id();
    assert_eq!(resource("request"), resource("decode"));
}

#[test]
fn over_awaits_too() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    let tracer = global::tracer("a library");
    runtime.block_on(async_tool!("async outer", async {
        let tracer = global::tracer("a library");
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let span = tracer.start("async query");
        async_tool!("async inner", tokio::task::yield_now())
            .with_context(Context::current_with_span(span))
            .await;
        tokio::spawn(current().wrap(async {
            tokio::task::yield_now().await;
            global::tracer("a library").in_span("spawned query", |_| {});
        }))
        .await
        .expect("no panic");
    }));
    tracer.in_span("outside", |_| {});
    let sent = spans.after(telemetry);
    assert!(sent.is_child("async query", "async outer"));
    assert!(sent.is_child("spawned query", "async outer"));
    assert!(sent.is_root("outside"));
}

#[test]
fn not_made_current_where_that_is_off() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("otel_context", false));
    let tracer = global::tracer("a library");
    tracer.in_span("request", |_| {
        tool!("blind handler", || {
            assert!(Context::map_current(TraceContextExt::has_active_span));
            tracer.in_span("query", |_| tool!("decode blindly", || {}));
            tool!("encode blindly", || {});
        });
    });
    tool!("alone", || assert!(!Context::map_current(
        TraceContextExt::has_active_span
    )));
    let sent = spans.after(telemetry);
    assert!(sent.is_child("blind handler", "request"));
    assert!(
        sent.is_child("query", "request"),
        "it does not see the tool"
    );
    assert!(sent.is_child("decode blindly", "query"));
    assert!(sent.is_child("encode blindly", "blind handler"));
}

#[test]
fn baggage_and_trace_state_go_on() {
    fn tenant() -> Option<String> {
        Context::map_current(|context| context.baggage().get("tenant").map(ToString::to_string))
    }
    fn state() -> String {
        Context::map_current(|context| context.span().span_context().trace_state().header())
    }
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let _attached = remote(TraceFlags::SAMPLED).attach();
    tool!("carries", || {
        assert_eq!(
            (tenant().as_deref(), &*state()),
            (Some("acme"), "vendor=v1")
        );
        let here = current();
        let there = thread::spawn(move || {
            assert_eq!(tenant(), None);
            here.run(|| {
                assert_eq!(
                    (tenant().as_deref(), &*state()),
                    (Some("acme"), "vendor=v1")
                );
                tool!("carried", || assert_eq!(tenant().as_deref(), Some("acme")));
            });
            pollster::block_on(here.wrap(async {
                assert_eq!(tenant().as_deref(), Some("acme"));
            }));
            assert_eq!(tenant(), None);
        });
        there.join().expect("as asserted there");
    });
    pollster::block_on(async_tool!("carries later", async {
        assert_eq!(tenant().as_deref(), Some("acme"));
    }));
    assert_eq!(tenant().as_deref(), Some("acme"));
    let sent = spans.after(telemetry);
    assert!(sent.is_child("carried", "carries"));
}

#[test]
fn the_context_is_as_before_whatever_order_guards_are_dropped_in() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let active = || Context::map_current(|context| context.span().span_context().span_id());
    let tracer = global::tracer("a library");
    tracer.in_span("around", |around| {
        let span = around.span().span_context().span_id();
        let first = track_tool_call("first", ());
        let second = track_tool_call("second", ());
        drop(first);
        tracer.in_span("inside the second", |_| {});
        drop(second);
        assert_eq!(active(), span);
        let caught =
            std::panic::catch_unwind(|| tool!("panics", || -> () { panic!("on purpose") }));
        assert!(caught.is_err());
        assert_eq!(active(), span);
    });
    assert_eq!(active(), SpanId::INVALID);
    let sent = spans.after(telemetry);
    assert!(sent.is_child("inside the second", "second"));
}
