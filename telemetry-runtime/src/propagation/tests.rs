use std::collections::HashMap;

use http::{HeaderMap, HeaderValue};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry::{Key, KeyValue};

use super::*;

fn span(id: u64, flags: TraceFlags) -> SpanContext {
    let state = TraceState::from_key_value([("vendor", "x")]).unwrap();
    SpanContext::new(TraceId::from(0xabc), SpanId::from(id), flags, false, state)
}

fn context(id: u64, flags: TraceFlags) -> Context {
    Context::new()
        .with_baggage([KeyValue::new("tenant", "a b,ä")])
        .with_remote_span_context(span(id, flags))
}

#[test]
fn a_trace_and_its_baggage_go_through_headers() {
    for flags in [TraceFlags::SAMPLED, TraceFlags::default()] {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static("stale"));
        inject_from(&context(7, flags), None, &mut HeaderInjector(&mut headers));

        let caller = extract(&HeaderExtractor(&headers));
        let got = caller.span().span_context().clone();
        assert!(got.is_remote());
        assert_eq!(
            (got.trace_id(), got.span_id(), got.trace_flags()),
            (TraceId::from(0xabc), SpanId::from(7), flags)
        );
        assert_eq!(got.trace_state().header(), "vendor=x");
        assert_eq!(
            caller.baggage().get(Key::new("tenant")).unwrap().as_str(),
            "a b,ä"
        );
    }
}

#[test]
fn a_tool_outside_the_context_is_the_parent_and_baggage_stays() {
    let mut carrier = HashMap::new();
    let tool = span(8, TraceFlags::SAMPLED);
    inject_from(&context(7, TraceFlags::SAMPLED), Some(tool), &mut carrier);
    let caller = extract(&carrier);
    assert_eq!(caller.span().span_context().span_id(), SpanId::from(8));
    assert_eq!(caller.baggage().len(), 1);
}

#[test]
fn the_current_context_is_what_is_injected() {
    let _inside = context(9, TraceFlags::SAMPLED).attach();
    let mut carrier = HashMap::new();
    inject(&mut carrier);
    assert!(carrier["traceparent"].contains("-0000000000000009-"));
    assert!(carrier.contains_key("baggage"));
}

#[test]
fn without_a_trace_nothing_is_injected() {
    let mut headers = HeaderMap::new();
    inject_from(&Context::new(), None, &mut HeaderInjector(&mut headers));
    assert!(!headers.contains_key("traceparent"), "{headers:?}");
    assert!(!headers.contains_key("baggage"), "{headers:?}");
}

#[test]
fn without_a_valid_trace_the_current_span_stays() {
    let current = context(9, TraceFlags::SAMPLED);
    let _inside = current.attach();
    let long = format!("tenant={}", "x".repeat(10_000));
    for (name, value) in [
        ("traceparent", ""),
        ("traceparent", "00-0-0-01"),
        (
            "traceparent",
            "00-00000000000000000000000000000000-0000000000000002-01",
        ),
        (
            "traceparent",
            "ff-00000000000000000000000000000001-0000000000000002-01",
        ),
        (
            "traceparent",
            "00-0000000000000000000000000000000g-0000000000000002-01",
        ),
        ("tracestate", "a=1,,=,"),
        ("baggage", "%zz=%,;;;=,"),
        ("baggage", long.as_str()),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        let caller = extract(&HeaderExtractor(&headers));
        let parent = caller.span().span_context().span_id();
        assert_eq!(parent, SpanId::from(9), "{name}: {value}");
    }
}

#[test]
fn headers_that_are_no_text_are_not_seen() {
    let mut headers = HeaderMap::new();
    headers.append("x", HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(HeaderExtractor(&headers).get("x"), None);
    assert_eq!(HeaderExtractor(&headers).get_all("x"), None);
    headers.append("x", HeaderValue::from_static("a"));
    headers.append("x", HeaderValue::from_static("b"));
    assert_eq!(HeaderExtractor(&headers).get_all("x"), Some(vec!["a", "b"]));
    assert_eq!(HeaderExtractor(&headers).keys(), ["x"]);

    let mut injector = HeaderInjector(&mut headers);
    injector.set("not a name", "a".to_owned());
    injector.set("y", "a\nb".to_owned());
    assert_eq!(headers.len(), 3);
}
