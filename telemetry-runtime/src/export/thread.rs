//! Threads of this crate: named, and never traced themselves.

use std::cell::Cell;
use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread called `telemetry-<name>`.
pub(crate) fn spawn(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Builder::new()
        .name(format!("telemetry-{name}"))
        .spawn(move || {
            mark_own();
            untraced(body);
        })
}

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// What this thread writes as log lines is about sending, and would have to be sent.
pub(crate) fn mark_own() {
    let _ = OWN.try_with(|own| own.set(true));
}

/// Whether it is a thread of this crate.
#[inline]
pub(crate) fn is_own_thread() -> bool {
    OWN.try_with(Cell::get).unwrap_or(false)
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
