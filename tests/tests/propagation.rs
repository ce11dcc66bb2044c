//! A trace that goes on in another process, from tools that OpenTelemetry's context does not show.

#![expect(clippy::unwrap_used, reason = "tools of a test are part of it")]

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
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

/// Headers as a broken or hostile caller sends them. Seeded: the same everywhere.
#[test]
fn mutated_headers_are_a_parent_or_none() {
    const PIECES: [&str; 14] = [
        "-",
        "00",
        "ff",
        "01",
        ",",
        "=",
        ";",
        " ",
        "\t",
        "%",
        "%zz",
        "é",
        "\0",
        "0000000000000000",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let mut valid = 0;
    for _ in 0..20_000 {
        let mut headers = HashMap::from([
            (
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
            ),
            ("tracestate", "vendor=v1,other=2".to_owned()),
            ("baggage", "tenant=acme;of=it,user=%C3%A9".to_owned()),
        ]);
        for _ in 0..random.u8(1..4) {
            let header = ["traceparent", "tracestate", "baggage"][random.usize(..3)];
            let text = headers.get_mut(header).expect("it is there");
            let mut places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            places.push(text.len());
            let (one, other) = (random.choice(&places), random.choice(&places));
            let (from, to) = (one.min(other), one.max(other));
            let (from, to) = (*from.expect("some"), *to.expect("some"));
            match random.u8(..4) {
                0 => text.replace_range(from..to, ""),
                1 => {
                    let copy = text[from..to].to_owned();
                    text.insert_str(to, &copy);
                }
                2 => text.insert_str(from, &"x".repeat(random.usize(..10_000))),
                _ => text.insert_str(from, PIECES[random.usize(..PIECES.len())]),
            }
        }
        let headers = headers
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text));
        let caller = extract(&headers.collect::<HashMap<_, _>>());
        let span = caller.span().span_context().clone();
        if span.is_valid() {
            valid += 1;
            assert_ne!(span.trace_id(), TraceId::INVALID);
            assert_ne!(span.span_id(), SpanId::INVALID);
            assert!(span.is_remote());
        }
        let mut onwards = HashMap::new();
        let _inside = caller.attach();
        inject(&mut onwards);
        assert_eq!(onwards.contains_key("traceparent"), span.is_valid());
    }
    assert!((1000..19_000).contains(&valid), "both come about: {valid}");
}
