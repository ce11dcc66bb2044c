//! The functions of the harness's `work`, traced.

use fastrace::prelude::*;
use telemetry_lab_harness::work::{self, Pending};

/// Every call a trace of its own.
#[inline(never)]
pub fn root(number: u64) -> u64 {
    let root = Span::root("call", SpanContext::random());
    let _guard = root.set_local_parent();
    work::body(number)
}

#[inline(never)]
pub fn not_sampled(number: u64) -> u64 {
    let root = Span::root("call", SpanContext::random().sampled(false));
    let _guard = root.set_local_parent();
    work::body(number)
}

pub fn parent(calls: impl FnOnce()) {
    let root = Span::root("parent", SpanContext::random());
    let _guard = root.set_local_parent();
    calls();
}

#[trace(short_name = true)]
#[inline(never)]
pub fn call(number: u64) -> u64 {
    work::body(number)
}

#[trace(short_name = true, properties = { "number": "{number}", "factor": "{factor}" })]
#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    work::body(number).wrapping_add(factor as u64)
}

#[trace(short_name = true, properties = { "text": "{text}" })]
#[inline(never)]
pub fn text(text: String) -> usize {
    text.len()
}

#[trace(short_name = true)]
#[inline(never)]
pub fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

#[trace(short_name = true)]
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    work::body(number)
}

#[trace(short_name = true)]
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    work::body(number)
}
