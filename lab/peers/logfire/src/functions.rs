//! The functions of the harness's `work`, instrumented by `tracing`'s attribute, as logfire's
//! manual says.

use telemetry_lab_harness::work::{self, NoLuck, Pending};
use tracing::instrument;

#[instrument(skip_all)]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    work::body(number)
}

#[instrument(skip_all)]
pub fn parent(calls: impl FnOnce()) {
    calls();
}

#[instrument]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    work::body(number).wrapping_add(factor as u64)
}

#[instrument]
#[inline(never)]
pub fn text(text: String) -> usize {
    text.len()
}

#[instrument(skip_all, err)]
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    if fails {
        return Err(NoLuck);
    }
    Ok(work::body(number))
}

#[instrument(skip_all)]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

#[instrument(skip_all)]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    work::body(number)
}

#[instrument(skip_all)]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    work::body(number)
}
