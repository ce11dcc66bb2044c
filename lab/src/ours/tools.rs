//! The functions of the harness's `work`, annotated.

use telemetry_lab_harness::work::{self, NoLuck, Pending};
use telemetry_runtime::tool;

/// Without parameters, as most goals say.
#[tool(skip_all)]
#[inline(never)]
pub(crate) fn call(number: u64) -> u64 {
    work::body(number)
}

#[tool(skip_all, sample = 0.0)]
#[inline(never)]
pub(crate) fn not_sampled(number: u64) -> u64 {
    work::body(number)
}

#[tool]
#[inline(never)]
pub(crate) fn numbers(number: u64, factor: f64) -> u64 {
    work::body(number).wrapping_add(factor as u64)
}

#[tool]
#[inline(never)]
pub(crate) fn text(text: String) -> usize {
    text.len()
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    if fails {
        Err(NoLuck)
    } else {
        Ok(work::body(number))
    }
}

#[tool(skip_all)]
#[inline(never)]
#[expect(clippy::panic, reason = "what it is for")]
pub(crate) fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

/// Calls that are children of this one.
#[tool(skip_all)]
pub(crate) fn parent(calls: impl FnOnce()) {
    calls();
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) async fn ready(number: u64) -> u64 {
    work::body(number)
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    work::body(number)
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) fn apart_0(number: u64) -> u64 {
    work::body(number)
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) fn apart_1(number: u64) -> u64 {
    work::body(number)
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) fn apart_2(number: u64) -> u64 {
    work::body(number)
}

#[tool(skip_all)]
#[inline(never)]
pub(crate) fn apart_3(number: u64) -> u64 {
    work::body(number)
}
