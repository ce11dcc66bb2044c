//! The functions of the harness's `work`, instrumented.

use telemetry_lab_harness::work::{self, NoLuck, Pending};
use tracing::instrument;

use crate::metrics;

#[instrument(skip_all)]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    counted("call", || work::body(number))
}

fn counted<T>(name: &'static str, body: impl FnOnce() -> T) -> T {
    let start = metrics::begin();
    let output = body();
    metrics::end(name, start, false);
    output
}

#[instrument(skip_all)]
pub fn parent(calls: impl FnOnce()) {
    counted("parent", calls);
}

#[instrument]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    counted("numbers", || work::body(number).wrapping_add(factor as u64))
}

#[instrument]
#[inline(never)]
pub fn text(text: String) -> usize {
    counted("text", || text.len())
}

#[instrument(skip_all, err)]
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    let start = metrics::begin();
    let output = if fails {
        Err(NoLuck)
    } else {
        Ok(work::body(number))
    };
    metrics::end("result", start, output.is_err());
    output
}

#[instrument(skip_all)]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    counted("panics", || panic!("{number}: on purpose"))
}

#[instrument(skip_all)]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    counted("ready", || work::body(number))
}

#[instrument(skip_all)]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    let start = metrics::begin();
    Pending(pending).await;
    metrics::end("waits", start, false);
    work::body(number)
}

#[instrument(skip_all)]
#[inline(never)]
pub fn apart_0(number: u64) -> u64 {
    counted("apart_0", || work::body(number))
}

#[instrument(skip_all)]
#[inline(never)]
pub fn apart_1(number: u64) -> u64 {
    counted("apart_1", || work::body(number))
}

#[instrument(skip_all)]
#[inline(never)]
pub fn apart_2(number: u64) -> u64 {
    counted("apart_2", || work::body(number))
}

#[instrument(skip_all)]
#[inline(never)]
pub fn apart_3(number: u64) -> u64 {
    counted("apart_3", || work::body(number))
}
