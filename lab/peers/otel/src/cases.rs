//! What is called, by the names that all programs of the lab share.

use opentelemetry::KeyValue;
use telemetry_lab_harness::Case;
use telemetry_lab_harness::work::{self, NoLuck, Pending, caught, drive, some_text};

use crate::by_hand::{fallible, not_sampled, recorded, recorded_async};

#[inline(never)]
fn call(number: u64) -> u64 {
    recorded("call", Vec::new, || work::body(number))
}

#[inline(never)]
fn unsampled(number: u64) -> u64 {
    not_sampled("not_sampled", || work::body(number))
}

#[inline(never)]
fn parent(calls: impl FnOnce()) {
    recorded("parent", Vec::new, calls);
}

#[inline(never)]
fn numbers(number: u64, factor: f64) -> u64 {
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
fn text(text: String) -> usize {
    let attributes = || vec![KeyValue::new("text", text.clone())];
    recorded("text", attributes, || text.len())
}

#[inline(never)]
fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    fallible("result", || {
        if fails {
            Err(NoLuck)
        } else {
            Ok(work::body(number))
        }
    })
}

#[inline(never)]
fn panics(number: u64) -> u64 {
    recorded("panics", Vec::new, || panic!("{number}: on purpose"))
}

#[inline(never)]
async fn ready(number: u64) -> u64 {
    recorded_async("ready", async { work::body(number) }).await
}

#[inline(never)]
async fn waits(number: u64, pending: u32) -> u64 {
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

pub fn running(spans: bool) -> Vec<Case> {
    let mut cases = vec![
        Case::new("call", call, work::call),
        Case::within("child of a call", |calls| parent(calls), call, work::call),
        Case::new(
            "two numbers",
            |number| numbers(number, 1.5),
            |number| work::numbers(number, 1.5),
        ),
        Case::new("a text", |_| text(some_text()), |_| work::text(some_text())),
        Case::new(
            "Ok",
            |number| result(number, false),
            |number| work::result(number, false),
        ),
        Case::new(
            "Err",
            |number| result(number, true),
            |number| work::result(number, true),
        ),
        Case::new(
            "panic",
            |number| caught(|| panics(number)),
            |number| caught(|| work::panics(number)),
        ),
        Case::new(
            "async, ready",
            |number| drive(ready(number)),
            |number| drive(work::ready(number)),
        ),
        Case::new(
            "async, 1 pending",
            |number| drive(waits(number, 1)),
            |number| drive(work::waits(number, 1)),
        ),
        Case::new(
            "async, 10 pending",
            |number| drive(waits(number, 10)),
            |number| drive(work::waits(number, 10)),
        ),
    ];
    if spans {
        cases.push(Case::new("not sampled", unsampled, work::call));
    }
    cases
}
