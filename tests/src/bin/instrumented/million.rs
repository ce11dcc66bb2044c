//! A million calls from eight threads, as fast as they go.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;
use telemetry_runtime::{Telemetry, tool};

const THREADS: u32 = 8;
const CALLS_A_THREAD: u32 = 125_000;
/// More than a healthy backend needs for what the queues may hold.
const SHUTDOWN: Duration = Duration::from_secs(20);

pub(crate) fn run(telemetry: Telemetry) {
    let failed: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(calls)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    let traces = telemetry.shutdown(SHUTDOWN).traces;
    let said = json!({
        "calls": THREADS * CALLS_A_THREAD,
        "errors": failed,
        "spans": { "delivered": traces.delivered, "dropped": traces.dropped, "waiting": traces.waiting },
        "peak_memory_kib": peak_memory_kib(),
    });
    println!("{said}");
}

fn calls() -> u32 {
    (0..CALLS_A_THREAD)
        .map(|number| u32::from(one_of_a_million(number).is_err()))
        .sum()
}

/// Three quarters succeed.
#[tool]
fn one_of_a_million(number: u32) -> Result<u32, NotToday> {
    if number % 4 == 3 {
        Err(NotToday)
    } else {
        Ok(number)
    }
}

#[derive(Debug)]
struct NotToday;

impl std::fmt::Display for NotToday {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not today")
    }
}

/// The most memory this process ever had, its program and libraries included.
fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("VmHWM");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}
