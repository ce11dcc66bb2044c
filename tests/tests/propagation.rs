//! A trace that goes on in another process, from tools that OpenTelemetry's context does not show.

#![expect(clippy::unwrap_used, reason = "tools of a test are part of it")]

use std::collections::HashMap;

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
