//! What is called, by the names that all programs of the lab share.

use telemetry_lab_harness::Case;
use telemetry_lab_harness::work::{self, caught, drive, some_text};

use super::tools;

pub(super) fn running(spans: bool) -> Vec<Case> {
    let mut cases = vec![
        Case::new("call", tools::call, work::call),
        Case::within(
            "child of a call",
            |calls| tools::parent(calls),
            tools::call,
            work::call,
        ),
        Case::new(
            "two numbers",
            |number| tools::numbers(number, 1.5),
            |number| work::numbers(number, 1.5),
        ),
        Case::new(
            "a text",
            |_| tools::text(some_text()),
            |_| work::text(some_text()),
        ),
        Case::new(
            "Ok",
            |number| tools::result(number, false),
            |number| work::result(number, false),
        ),
        Case::new(
            "Err",
            |number| tools::result(number, true),
            |number| work::result(number, true),
        ),
        Case::new(
            "panic",
            |number| caught(|| tools::panics(number)),
            |number| caught(|| work::panics(number)),
        ),
        Case::new(
            "async, ready",
            |number| drive(tools::ready(number)),
            |number| drive(work::ready(number)),
        ),
        Case::new(
            "async, 1 pending",
            |number| drive(tools::waits(number, 1)),
            |number| drive(work::waits(number, 1)),
        ),
        Case::new(
            "async, 10 pending",
            |number| drive(tools::waits(number, 10)),
            |number| drive(work::waits(number, 10)),
        ),
    ];
    if spans {
        cases.push(Case::new("not sampled", tools::not_sampled, work::call));
    }
    cases
}

pub(super) fn before_start() -> Vec<Case> {
    vec![Case::new("before init", tools::call, work::call)]
}
