//! A program that uses the library and has never heard of telemetry.
//!
//! ```text
//! cargo run --release -p telemetry-example-library --example indifferent
//! ```
//!
//! What to look for: with `--release`, a call of the annotated function takes as long as one
//! of its twin without the attribute, since no package in this build turns a feature of
//! `telemetry-runtime` on, and the attribute leaves a function as it was. Cargo unites the
//! features of the packages it builds together: with `--workspace` in place of `-p`, another
//! member would turn them on, and the call would ask whether telemetry runs, some nanoseconds.

use std::hint::black_box;
use std::time::Instant;

use word_counts::{most_common, plain_step, step};

const CALLS: u64 = 1_000_000;
/// The best of them is shown: other programs run beside this one.
const ROUNDS: usize = 20;

fn main() {
    let word = most_common("the cat, the dog and the tree");
    println!("most often: {}", word.unwrap_or_default());

    let (mut annotated, mut plain) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        annotated = annotated.min(time(step));
        plain = plain.min(time(plain_step));
    }
    println!("annotated: {annotated:.2} ns a call");
    println!("plain:     {plain:.2} ns a call");
}

/// Nanoseconds a call.
fn time(step: impl Fn(u64) -> u64) -> f64 {
    let start = Instant::now();
    black_box((0..CALLS).fold(1, |number, _| step(black_box(number))));
    start.elapsed().as_nanos() as f64 / CALLS as f64
}
