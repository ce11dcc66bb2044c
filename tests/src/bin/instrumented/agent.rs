//! An agent whose tools do everything that can be emitted: each outcome, typed errors, limits and
//! objectives, nested calls, events, links, lines of its own. It works when told to on standard
//! input, a command a line, until that ends.
//!
//! * `work N`: N rounds; says how many calls each tool made, by outcome
//! * `pace RATE MS`: so many rounds a second for so long; says the same
//! * `fail N`: N rounds in each of which the model fails; says the same
//! * `flush MS`: says whether all was delivered in that time, and what was dropped

use std::collections::BTreeMap;
use std::io::stdin;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telemetry_runtime::{Current, Telemetry, current, tool};

pub(crate) fn run(telemetry: &Telemetry) {
    // Panics are part of the work.
    std::panic::set_hook(Box::new(|_| {}));
    for line in stdin().lines().map_while(Result::ok) {
        let words: Vec<_> = line.split(' ').collect();
        let number = |at: usize| -> u64 { words[at].parse().expect("a number") };
        let answer = match words[0] {
            "work" => rounds(0..number(1)),
            "fail" => rounds((0..number(1)).map(|round| 5 * round + 4)),
            "pace" => pace(number(1), Duration::from_millis(number(2))),
            "flush" => flush(telemetry, Duration::from_millis(number(1))),
            other => panic!("work, pace, fail or flush, not {other}"),
        };
        println!("{answer}");
    }
}

/// Calls by tool and outcome.
#[derive(Default)]
struct Made(BTreeMap<(&'static str, &'static str), u64>);

impl Made {
    fn note(&mut self, tool: &'static str, outcome: &'static str) {
        *self.0.entry((tool, outcome)).or_default() += 1;
    }

    fn told(&self) -> Value {
        let calls = self.0.iter().map(
            |((tool, outcome), calls)| json!({ "tool": tool, "outcome": outcome, "calls": calls }),
        );
        Value::Array(calls.collect())
    }
}

fn rounds(rounds: impl Iterator<Item = u64>) -> Value {
    let mut made = Made::default();
    rounds.for_each(|round| work(round, &mut made));
    made.told()
}

fn pace(rate: u64, time: Duration) -> Value {
    let begun = Instant::now();
    let mut made = Made::default();
    let mut round = 0;
    while begun.elapsed() < time {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        while round < due {
            work(round, &mut made);
            round += 1;
        }
        sleep(Duration::from_millis(5));
    }
    made.told()
}

fn flush(telemetry: &Telemetry, time: Duration) -> Value {
    let report = telemetry.flush(time);
    let health = telemetry_runtime::health();
    let dropped: Vec<_> = health
        .destinations
        .iter()
        .flat_map(|destination| {
            let of = |(cause, items): &(&str, u64)| {
                json!({ "to": destination.name, "signal": destination.signal, "cause": cause, "items": items })
            };
            destination.dropped.iter().map(of).collect::<Vec<_>>()
        })
        .collect();
    json!({ "delivered": report.is_complete(), "dropped": dropped })
}

/// Seven calls.
fn work(round: u64, made: &mut Made) {
    answer(&format!("question {round}"), round, made);
    let crashed = catch_unwind(AssertUnwindSafe(|| crash(round)));
    made.note("crash", if crashed.is_err() { "panic" } else { "success" });
    give_up(round);
    made.note("give_up", "cancelled");
}

/// The root: `rag_query` and `llm_generate` are its children.
#[tool(kind = "server", skip(made))]
fn answer(question: &str, round: u64, made: &mut Made) {
    current().add_event("asked", [("length", question.len().into())]);
    let (found, searched) = rag_query(question, 3, round);
    made.note("rag_query", "success");
    current().set_attribute("result.count", found);
    let generated = llm_generate(question, 0.5, round, &searched);
    made.note(
        "llm_generate",
        if generated.is_ok() {
            "success"
        } else {
            "error"
        },
    );
    let parsed = parse(round);
    made.note("parse", if parsed.is_ok() { "success" } else { "error" });
    made.note("answer", "success");
}

/// Each tenth call is over its limit. Gives itself, for what follows from it.
#[tool(threshold_ms = 4)]
fn rag_query(query: &str, limit: u32, round: u64) -> (u64, Current) {
    if round.is_multiple_of(10) {
        sleep(Duration::from_millis(6));
    }
    (u64::from(limit) + query.len() as u64, current())
}

/// Each fifth call fails; all are within the objective's latency.
#[tool(
    objective(success = 90, latency_ms = 1000, quantile = 95),
    kind = "client",
    follows_from = searched,
    skip(searched)
)]
fn llm_generate(
    prompt: &str,
    temperature: f64,
    round: u64,
    searched: &Current,
) -> Result<String, LlmError> {
    if round % 5 == 4 {
        return Err(LlmError::Overloaded);
    }
    Ok(format!("{prompt} {temperature} {:?}", searched.span_id()))
}

/// What `llm_generate` fails with.
#[derive(Debug)]
enum LlmError {
    Overloaded,
}

impl std::fmt::Display for LlmError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the model is overloaded")
    }
}

impl std::error::Error for LlmError {}

/// Each seventh call fails.
#[tool]
fn parse(round: u64) -> Result<u64, std::num::ParseIntError> {
    match round % 7 {
        6 => "six".parse(),
        _ => Ok(round),
    }
}

/// Each eleventh call panics.
#[tool]
fn crash(round: u64) {
    assert!(round % 11 != 10, "round {round} is one too many");
}

/// Polled once, and dropped.
fn give_up(round: u64) {
    #[tool]
    async fn give_up(round: u64) -> u64 {
        std::future::pending::<()>().await;
        round
    }
    let mut call = pin!(give_up(round));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
}
