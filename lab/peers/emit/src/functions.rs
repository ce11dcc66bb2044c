//! The functions of the harness's `work`, with spans around them.

use telemetry_lab_harness::work::{self, NoLuck, Pending};

#[emit::span("call")]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    work::body(number)
}

#[emit::span("parent")]
pub fn parent(calls: impl FnOnce()) {
    calls();
}

#[emit::span("numbers", number, factor)]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    work::body(number).wrapping_add(factor as u64)
}

#[emit::span("text", text: &text)]
#[inline(never)]
pub fn text(text: String) -> usize {
    text.len()
}

#[emit::span(ok_lvl: "info", err_lvl: "error", "result")]
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    if fails {
        return Err(NoLuck);
    }
    Ok(work::body(number))
}

#[emit::span("panics")]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

#[emit::span("ready")]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    work::body(number)
}

#[emit::span("waits")]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    work::body(number)
}
