//! The functions of the harness's `work`, with `#[autometrics]`.

use autometrics::autometrics;
use telemetry_lab_harness::work::{self, NoLuck, Pending};

#[autometrics]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    work::body(number)
}

#[autometrics]
pub fn parent(calls: impl FnOnce()) {
    calls();
}

/// Parameters are not recorded.
#[autometrics]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    work::body(number).wrapping_add(factor as u64)
}

#[autometrics]
#[inline(never)]
pub fn text(text: String) -> usize {
    text.len()
}

#[autometrics]
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    if fails {
        return Err(NoLuck);
    }
    Ok(work::body(number))
}

#[autometrics]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

#[autometrics]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    work::body(number)
}

#[autometrics]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    work::body(number)
}

#[autometrics]
#[inline(never)]
pub fn apart_0(number: u64) -> u64 {
    work::body(number)
}

#[autometrics]
#[inline(never)]
pub fn apart_1(number: u64) -> u64 {
    work::body(number)
}

#[autometrics]
#[inline(never)]
pub fn apart_2(number: u64) -> u64 {
    work::body(number)
}

#[autometrics]
#[inline(never)]
pub fn apart_3(number: u64) -> u64 {
    work::body(number)
}
