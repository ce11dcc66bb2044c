//! A trace that goes on in another process, from tools that OpenTelemetry's context does not show.

#![expect(clippy::unwrap_used, reason = "tools of a test are part of it")]

use std::collections::HashMap;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use telemetry_fuzz::{Inputs, fuzz};
use telemetry_runtime::propagation::{extract, inject};
use telemetry_runtime::{Telemetry, current, tool};

/// The caller's id as it arrives, and that of the span it should be.
#[tool]
fn call_out() -> (Option<String>, String) {
    let here = current();
    let ids = (here.trace_id().unwrap(), here.span_id().unwrap());
    (injected(), format!("00-{}-{}-01", ids.0, ids.1))
}

fn injected() -> Option<String> {
    let mut carrier = HashMap::new();
    inject(&mut carrier);
    carrier.remove("traceparent")
}

#[test]
fn a_tool_that_is_not_made_current_is_the_caller_all_the_same() {
    let _telemetry = Telemetry::builder()
        .no_file()
        .set("otel_context", false)
        .init()
        .unwrap();
    assert_eq!(injected(), None, "outside of any call");
    let (sent, expected) = call_out();
    assert_eq!(sent, Some(expected));

    // Under a span that came from elsewhere it is the tool, not that span.
    let traceparent = "00-00000000000000000000000000000001-0000000000000002-01";
    let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let _attached = extract(&headers).attach();
    assert_eq!(injected().as_deref(), Some(traceparent));
    let (sent, expected) = call_out();
    assert_eq!(sent.as_ref(), Some(&expected));
    assert!(expected.starts_with("00-00000000000000000000000000000001-"));
}

/// Headers as a broken or hostile caller sends them, a line each.
#[test]
fn fuzz_headers() {
    let inputs = Inputs {
        seeds: &[
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\nvendor=v1,other=2\ntenant=acme;of=it,user=%C3%A9",
        ],
        words: &["-", "00", "ff", "01", ",", "=", ";", " ", "\t", "%", "%zz", "0000000000000000"],
    };
    let (mut valid, mut invalid) = (0, 0);
    fuzz("headers of a trace", inputs, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let names = ["traceparent", "tracestate", "baggage"].map(str::to_owned);
        let headers = names.into_iter().zip(text.split('\n').map(str::to_owned));
        let caller = extract(&headers.collect::<HashMap<_, _>>());
        let span = caller.span().span_context().clone();
        if span.is_valid() {
            valid += 1;
            assert_ne!(span.trace_id(), TraceId::INVALID);
            assert_ne!(span.span_id(), SpanId::INVALID);
            assert!(span.is_remote());
        } else {
            invalid += 1;
        }
        let states = span.trace_state().header().split(',').count();
        let baggage = caller.baggage().len();
        let mut onwards = HashMap::new();
        let _inside = caller.attach();
        inject(&mut onwards);
        assert_eq!(onwards.contains_key("traceparent"), span.is_valid());
        let again = extract(&onwards);
        assert_eq!(again.span().span_context().trace_id(), span.trace_id());
        (span.is_valid(), span.is_sampled(), states, baggage)
    });
    assert!(
        valid > 100 && invalid > 100,
        "both come about: {valid}, {invalid}"
    );
}
