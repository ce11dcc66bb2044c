//! The functions of the harness's `work`, instrumented by hand.

use opentelemetry::KeyValue;
use telemetry_lab_harness::work::{self, NoLuck, Pending};

use crate::by_hand::{fallible, not_sampled, recorded, recorded_async};

#[inline(never)]
pub fn call(number: u64) -> u64 {
    recorded("call", Vec::new, || work::body(number))
}

#[inline(never)]
pub fn unsampled(number: u64) -> u64 {
    not_sampled("not_sampled", || work::body(number))
}

#[inline(never)]
pub fn parent(calls: impl FnOnce()) {
    recorded("parent", Vec::new, calls);
}

#[inline(never)]
pub fn numbers(number: u64, factor: f64) -> u64 {
    let attributes = || {
        vec![
            KeyValue::new("number", number as i64),
            KeyValue::new("factor", factor),
        ]
    };
    recorded("numbers", attributes, || {
        work::body(number).wrapping_add(factor as u64)
    })
}

#[inline(never)]
pub fn text(text: String) -> usize {
    let attributes = || vec![KeyValue::new("text", text.clone())];
    recorded("text", attributes, || text.len())
}

#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    fallible("result", || {
        if fails {
            Err(NoLuck)
        } else {
            Ok(work::body(number))
        }
    })
}

#[inline(never)]
pub fn panics(number: u64) -> u64 {
    recorded("panics", Vec::new, || panic!("{number}: on purpose"))
}

#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    recorded_async("ready", async { work::body(number) }).await
}

#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    let body = async {
        Pending(pending).await;
        work::body(number)
    };
    recorded_async("waits", body).await
}

#[inline(never)]
pub fn apart_0(number: u64) -> u64 {
    recorded("apart_0", Vec::new, || work::body(number))
}

#[inline(never)]
pub fn apart_1(number: u64) -> u64 {
    recorded("apart_1", Vec::new, || work::body(number))
}

#[inline(never)]
pub fn apart_2(number: u64) -> u64 {
    recorded("apart_2", Vec::new, || work::body(number))
}

#[inline(never)]
pub fn apart_3(number: u64) -> u64 {
    recorded("apart_3", Vec::new, || work::body(number))
}
