//! The functions of the harness's `work`, with `#[span_fn]` and metrics.

use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Instant;

use foundations::telemetry::metrics::{Counter, HistogramBuilder, TimeHistogram, metrics};
use foundations::telemetry::tracing::{self, span_fn};
use telemetry_lab_harness::work::{self, NoLuck, Pending};

#[metrics]
mod tools {
    /// Calls.
    pub fn calls(tool: &Arc<str>) -> Counter;

    /// Failed calls.
    pub fn errors(tool: &Arc<str>) -> Counter;

    /// What they took.
    #[ctor = HistogramBuilder {
        buckets: &[1E-6, 1E-5, 1E-4, 1E-3, 1E-2, 1E-1, 1.0, 10.0],
    }]
    pub fn duration(tool: &Arc<str>) -> TimeHistogram;
}

/// The label's value: one for all, which is the best case for a family.
static TOOL: LazyLock<Arc<str>> = LazyLock::new(|| "call".into());

fn counted<T>(body: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let output = body();
    count(start);
    output
}

fn count(start: Instant) {
    tools::calls(&TOOL).inc();
    tools::duration(&TOOL).observe(start.elapsed().as_nanos() as u64);
}

#[span_fn("call")]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    counted(|| work::body(number))
}

#[span_fn("parent")]
pub fn parent(calls: impl FnOnce()) {
    counted(calls);
}

#[span_fn("numbers")]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    tracing::add_span_tags!("number" => number as i64, "factor" => factor);
    counted(|| work::body(number).wrapping_add(factor as u64))
}

#[span_fn("text")]
#[inline(never)]
pub fn text(text: String) -> usize {
    tracing::add_span_tags!("text" => text.clone());
    counted(|| text.len())
}

#[span_fn("result")]
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    let output = counted(|| {
        if fails {
            Err(NoLuck)
        } else {
            Ok(work::body(number))
        }
    });
    if output.is_err() {
        tools::errors(&TOOL).inc();
        tracing::add_span_tags!("error" => true);
    }
    output
}

#[span_fn("panics")]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    counted(|| panic!("{number}: on purpose"))
}

#[span_fn("ready")]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    counted(|| work::body(number))
}

#[span_fn("waits")]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    let start = Instant::now();
    Pending(pending).await;
    count(start);
    work::body(number)
}
