//! One process of a service: works when told to on standard input, a command a line,
//! until that ends.
//!
//! * `work N`: N calls of each tool; says what it measured around them
//! * `flush MS`: says whether all was delivered in that time

use std::collections::BTreeMap;
use std::io::stdin;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telemetry_runtime::{Telemetry, tool};

pub(crate) fn run(telemetry: &Telemetry) {
    for line in stdin().lines().map_while(Result::ok) {
        let (command, number) = line.split_once(' ').expect("a command and its number");
        let number = number.parse().expect("a number");
        let answer = match command {
            "work" => work(number),
            "flush" => {
                json!({ "delivered": telemetry.flush(Duration::from_millis(number)).is_complete() })
            }
            other => panic!("work or flush, not {other}"),
        };
        println!("{answer}");
    }
}

/// Milliseconds a call took, by tool and status.
type Measured = BTreeMap<(&'static str, &'static str), Vec<f64>>;

fn work(calls: u64) -> Value {
    let mut measured = Measured::new();
    for number in 0..calls {
        let start = Instant::now();
        ledger_read(number);
        note(&mut measured, "ledger_read", true, start);
        let start = Instant::now();
        let written = ledger_write(number);
        note(&mut measured, "ledger_write", written.is_ok(), start);
    }
    Value::Array(
        measured
            .into_iter()
            .map(|((tool, status), times)| described(tool, status, times))
            .collect(),
    )
}

/// Never fails; each tenth call is slow.
#[tool]
fn ledger_read(number: u64) -> u64 {
    if number.is_multiple_of(10) {
        sleep(Duration::from_millis(20));
    }
    number
}

/// Each fourth call fails; a fifth of those, and a fifth of the others, is slow.
#[tool]
fn ledger_write(number: u64) -> Result<u64, String> {
    if (number / 4).is_multiple_of(5) {
        sleep(Duration::from_millis(2));
    }
    if number % 4 == 3 {
        Err(format!("row {number} is locked"))
    } else {
        Ok(number)
    }
}

fn note(measured: &mut Measured, tool: &'static str, succeeded: bool, start: Instant) {
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let status = if succeeded { "success" } else { "error" };
    measured
        .entry((tool, status))
        .or_default()
        .push(milliseconds);
}

/// The quantiles on both sides of the 95th percentile: which observation that is, is a
/// matter of definition.
fn described(tool: &str, status: &str, mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    json!({ "tool": tool, "status": status, "calls": times.len(), "p93_ms": at(93), "p97_ms": at(97) })
}
