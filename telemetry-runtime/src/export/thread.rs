//! Threads of this crate: named, and never traced themselves.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread called `telemetry-<name>`.
pub(crate) fn spawn(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Builder::new()
        .name(format!("telemetry-{name}"))
        .spawn(move || untraced(body))
}

/// Without this, an instrumented HTTP client would make a span for each request that carries spans.
#[cfg(feature = "trace")]
fn untraced(body: impl FnOnce()) {
    let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
    body();
}

#[cfg(not(feature = "trace"))]
fn untraced(body: impl FnOnce()) {
    body();
}
