//! Log lines: of calls, and the program's own. Works when told to on standard input, a command
//! a line, until that ends; then says what became of all.
//!
//! * `tools 0`: calls that succeed, fail and take longer than five seconds
//! * `own 0`: lines of the program's own, inside of a call and outside
//! * `mixed N`: N short lines, and one in the middle that is longer than a kilobyte
//! * `hang 0`: a call that runs until it has been told of
//! * `burst T`: 200,000 lines of 160 bytes, as fast as T threads write them
//! * `steady MS`: 1,000 calls a second for so long, a line each
//! * `flush MS`: says whether all was delivered in that time
//! * `health 0`: what became of the lines so far

use std::io::stdin;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telemetry_runtime::{Telemetry, current, tool};
use telemetry_tests::memory;

const BURST: usize = 200_000;
const LENGTH: usize = 160;
/// More than a healthy Loki needs for what the queues may hold.
const SHUTDOWN: Duration = Duration::from_secs(120);

pub(crate) fn run(telemetry: Telemetry) {
    let mut written = 0;
    for line in stdin().lines().map_while(Result::ok) {
        let (command, number) = line.split_once(' ').expect("a command and its number");
        let number: usize = number.parse().expect("a number");
        let answer = match command {
            "tools" => tools(),
            "own" => own("what is a span?"),
            "mixed" => mixed(number),
            "hang" => hang(),
            "burst" => burst(number),
            "steady" => steady(&mut written, number),
            "flush" => {
                let limit = Duration::from_millis(number as u64);
                json!({ "delivered": telemetry.flush(limit).is_complete() })
            }
            "health" => health(),
            other => panic!("tools, own, mixed, hang, burst, steady, flush or health, not {other}"),
        };
        println!("{answer}");
    }
    let begun = Instant::now();
    let logs = telemetry.shutdown(SHUTDOWN).logs;
    let said = json!({
        "delivered": logs.delivered, "dropped": logs.dropped, "waiting": logs.waiting,
        "shutdown_ms": begun.elapsed().as_millis() as u64,
        "peak_memory_kib": memory::peak(),
    });
    println!("{said}");
}

/// One of its fields has a name that is telemetry's own, and no number in it.
#[tool]
fn own(query: &str) -> Value {
    let _span = tracing::info_span!("request", user = 17).entered();
    tracing::info!(length = query.len(), "searching");
    tracing::error!(
        duration_ms = "too long",
        password = "hush",
        "gave up, token=hush"
    );
    let trace_id = current().trace_id().expect("inside a tool").to_string();
    thread::scope(|scope| scope.spawn(|| tracing::warn!("outside")).join()).expect("no panic");
    json!({ "trace_id": trace_id })
}

fn mixed(short: usize) -> Value {
    for number in 0..short {
        if number == short / 2 {
            tracing::warn!("{}", "long".repeat(1_000));
        }
        tracing::info!(number, "short");
    }
    json!({ "lines": short + 1 })
}

#[tool]
fn hang() -> Value {
    while telemetry_runtime::health().long_calls_seen == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    json!({ "told": true })
}

fn tools() -> Value {
    let found = rag_query("what is a span?");
    let failed = llm_generate("a poem", 10_000).map_err(|failed| failed.1);
    let slow = llm_generate("a word", 1);
    json!({ "found": found, "failed": failed.err(), "slow": slow.ok() })
}

#[tool]
fn rag_query(query: &str) -> usize {
    query.len()
}

/// Gives the call's trace id, either way.
#[tool]
fn llm_generate(prompt: &str, max_tokens: u32) -> Result<String, TooLong> {
    let trace_id = current().trace_id().expect("inside a tool").to_string();
    if max_tokens > 4_000 {
        return Err(TooLong(prompt.len(), trace_id));
    }
    thread::sleep(Duration::from_millis(5_050));
    Ok(trace_id)
}

#[derive(Debug)]
struct TooLong(usize, String);

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "too long for a prompt of {}", self.0)
    }
}

/// Each thread numbers its lines.
fn burst(threads: usize) -> Value {
    let begun = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let begin = format!("thread {thread} writes ");
                let text = format!("{begin}{}", "x".repeat(LENGTH - begin.len()));
                for number in 0..(BURST / threads) as u64 {
                    tracing::info!(thread = thread as u64, number, "{text}");
                }
            });
        }
    });
    json!({ "lines": BURST, "ms": begun.elapsed().as_millis() as u64 })
}

/// Numbered on from what was written before.
fn steady(written: &mut u64, milliseconds: usize) -> Value {
    let begun = Instant::now();
    for milliseconds in 0..milliseconds as u64 {
        let next = begun + Duration::from_millis(milliseconds);
        thread::sleep(next.saturating_duration_since(Instant::now()));
        steady_step(*written);
        *written += 1;
    }
    json!({ "lines": *written })
}

#[tool]
fn steady_step(number: u64) -> u64 {
    number + 1
}

fn health() -> Value {
    let health = telemetry_runtime::health();
    let logs = health
        .destinations
        .into_iter()
        .find(|of| of.signal == "logs");
    let logs = logs.expect("a destination of logs");
    let dropped: u64 = logs.dropped.iter().map(|(_, items)| items).sum();
    json!({
        "name": logs.name, "delivered": logs.delivered, "dropped": dropped,
        "failures": logs.failures, "spilled": logs.spilled, "queue_bytes": logs.queue_bytes,
        "last_error": logs.last_error.map(|last| last.text),
    })
}
