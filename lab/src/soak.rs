//! Hours, or minutes, of everything at once: nothing miscounted, nothing lost uncounted, memory flat.

use std::collections::BTreeMap;
use std::error::Error;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use lexopt::prelude::*;
use telemetry_lab_harness::process;
use telemetry_lab_harness::work::{NoLuck, Pending};
use telemetry_runtime::{Telemetry, health, statistics, tool, track_tool_call};

use crate::load::NOBODY;
use crate::sink::Sink;

const USAGE: &str = "\
Usage: telemetry-lab soak [OPTION…]

  --seconds N   For how long (default 600)
  --seed N      Which of all ways to do it (default 1)";

/// How long telemetry runs between a start and its end.
const ROUND: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);
/// What memory may differ by between the first quarter and the last, MiB: where the allocator is.
const ALLOWED_MIB: u64 = 16;

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Box<dyn Error>> {
    let (mut seconds, mut seed) = (600, 1);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seconds") => seconds = arguments.value()?.parse()?,
            Long("seed") => seed = arguments.value()?.parse()?,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if ALLOCATOR
        .iter()
        .any(|(name, _)| std::env::var_os(name).is_none())
    {
        return again();
    }
    let sink = Sink::start()?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Rng::with_seed(seed);
    let mut sum = Sum::default();
    while Instant::now() < end {
        round(&mut random, &sink, &mut sum)?;
        let resident = process::resident_kib() >> 10;
        sum.resident.push(resident);
        println!(
            "round {}: {} calls in {} threads, {} spans delivered, {} dropped and counted, {resident} MiB",
            sum.resident.len(),
            sum.calls,
            sum.threads,
            sum.delivered,
            sum.dropped
        );
    }
    sum.is_flat()
}

/// glibc gives threads arenas of their own and keeps what was freed in them: with hundreds of
/// thousands of threads resident memory grows for half an hour, whatever the program holds.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "65536"),
];

/// The same in a process whose resident memory is what it holds.
fn again() -> Result<(), Box<dyn Error>> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args(std::env::args_os().skip(1)).envs(ALLOCATOR);
    let status = program.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the soak: {status}").into()),
    }
}

/// Of all rounds.
#[derive(Default)]
struct Sum {
    calls: u64,
    threads: u64,
    delivered: u64,
    dropped: u64,
    /// MiB at the end of each round.
    resident: Vec<u64>,
}

impl Sum {
    fn is_flat(&self) -> Result<(), Box<dyn Error>> {
        let quarter = self.resident.len().div_ceil(4);
        let most = |rounds: &[u64]| rounds.iter().copied().max().unwrap_or(0);
        let first = most(&self.resident[..quarter]);
        let last = most(&self.resident[self.resident.len() - quarter..]);
        println!(
            "memory: {first} MiB in the first quarter, {last} in the last, {} at the peak",
            process::peak_kib() >> 10
        );
        if last > first + ALLOWED_MIB {
            return Err("memory is not flat".into());
        }
        Ok(())
    }
}

/// What was called, by tool: calls, errors, cancelled.
type Called = BTreeMap<&'static str, [u64; 3]>;

/// Telemetry from its start to its end, set up somehow.
fn round(random: &mut Rng, sink: &Sink, sum: &mut Sum) -> Result<(), Box<dyn Error>> {
    let somebody_listens = random.bool();
    let url = if somebody_listens { sink.url() } else { NOBODY };
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(url)
        .set("loki_enabled", false)
        .set("log_calls", "none")
        .set("otel_context", random.bool())
        .set("traces_queue_max_bytes", 1_u64 << random.u32(18..24))
        .set("calls_queue_max_bytes", 1_u64 << random.u32(17..24))
        .init()?;
    let end = Instant::now() + ROUND;
    let seeds: Vec<_> = (0..4).map(|_| random.fork()).collect();
    let called = thread::scope(|scope| {
        let workers: Vec<_> = seeds
            .into_iter()
            .map(|random| scope.spawn(move || work(random, end)))
            .collect();
        let mut all = Called::new();
        for worker in workers {
            let (called, threads) = worker.join().map_err(|_| "a panic that nobody meant")?;
            sum.threads += threads;
            add(&mut all, called);
        }
        Ok::<_, &str>(all)
    })?;
    judge(&called)?;
    let calls: u64 = called.values().map(|[calls, ..]| calls).sum();
    let health = health();
    if health.calls_queue_bytes > 1 << 24 {
        return Err(format!("rings of {} bytes", health.calls_queue_bytes).into());
    }
    let patience = if somebody_listens {
        PATIENCE
    } else {
        Duration::from_millis(200)
    };
    let report = telemetry.shutdown(patience);
    let traces = report.traces;
    let arrived = sink.take();
    if traces.delivered + traces.dropped != calls || traces.waiting != 0 {
        return Err(format!("{calls} calls, but {report}").into());
    }
    if arrived.spans != traces.delivered {
        return Err(format!("{} spans arrived, but {report}", arrived.spans).into());
    }
    if somebody_listens && arrived.calls_counted != calls {
        return Err(format!("{calls} calls, {} by the metrics", arrived.calls_counted).into());
    }
    sum.calls += calls;
    sum.delivered += traces.delivered;
    sum.dropped += traces.dropped;
    Ok(())
}

/// Whether the runtime has counted the same.
fn judge(called: &Called) -> Result<(), Box<dyn Error>> {
    for tool in statistics() {
        let [calls, errors, cancelled] = called.get(&*tool.name).copied().unwrap_or_default();
        let counted = (tool.calls, tool.errors, tool.cancelled, tool.active);
        if counted != (calls, errors, cancelled, 0) {
            let name = tool.name;
            return Err(format!(
                "{name}: called {calls}, {errors}, {cancelled}, counted {counted:?}"
            )
            .into());
        }
    }
    Ok(())
}

fn add(all: &mut Called, more: Called) {
    for (tool, counts) in more {
        let of_tool = all.entry(tool).or_default();
        for (sum, count) in of_tool.iter_mut().zip(counts) {
            *sum += count;
        }
    }
}

/// One thread's work, and that of those it starts. Gives what it called, and how many threads it
/// was.
fn work(mut random: Rng, end: Instant) -> (Called, u64) {
    let (mut called, mut threads) = (Called::new(), 1);
    while Instant::now() < end {
        match random.u32(0..8) {
            0 => burst(&mut called, random.u64(1..20_000)),
            1 => {
                let depth = random.u64(1..200);
                nested(depth);
                called.entry("nested").or_default()[0] += depth;
            }
            2 => futures(&mut called, &mut random),
            3 => guards(&mut called, &mut random),
            4 => {
                let unwound = std::panic::catch_unwind(panics);
                let counts = called.entry("panics").or_default();
                counts[0] += 1;
                counts[1] += u64::from(unwound.is_err());
            }
            5 => {
                let others = random.u64(1..50);
                threads += others;
                let more = thread::scope(|scope| {
                    let there: Vec<_> = (0..others)
                        .map(|_| {
                            let mut random = random.fork();
                            scope.spawn(move || {
                                let mut called = Called::new();
                                burst(&mut called, random.u64(1..100));
                                futures(&mut called, &mut random);
                                called
                            })
                        })
                        .collect();
                    there
                        .into_iter()
                        .filter_map(|there| there.join().ok())
                        .collect::<Vec<_>>()
                });
                more.into_iter().for_each(|more| add(&mut called, more));
            }
            // A machine has other things to do, and the collector its sleep.
            _ => thread::sleep(Duration::from_millis(random.u64(0..20))),
        }
    }
    (called, threads)
}

fn burst(called: &mut Called, calls: u64) {
    for number in 0..calls {
        let _ = plain(number);
    }
    let counts = called.entry("plain").or_default();
    counts[0] += calls;
    counts[1] += calls.div_ceil(7);
}

#[tool(skip_all)]
fn plain(number: u64) -> Result<u64, NoLuck> {
    if number.is_multiple_of(7) {
        return Err(NoLuck);
    }
    Ok(number)
}

#[tool(skip_all)]
fn nested(left: u64) {
    if left > 1 {
        nested(left - 1);
    }
}

#[tool]
fn panics() {
    // Without the message on standard error, which there would be thousands of.
    std::panic::resume_unwind(Box::new("on purpose"));
}

#[tool]
async fn waits(pending: u32) {
    Pending(pending).await;
}

/// Futures that end, and some that are dropped before, here or on another thread.
fn futures(called: &mut Called, random: &mut Rng) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..random.u32(1..50) {
        let (pending, polls) = (random.u32(0..4), random.u32(0..6));
        let mut future = Box::pin(waits(pending));
        let mut is_ready = false;
        for poll in 0..polls {
            let mut here = pin!(&mut future);
            is_ready = match poll == 1 && random.u8(..) < 8 {
                true => thread::scope(|scope| {
                    let there = scope.spawn(|| {
                        let mut context = Context::from_waker(Waker::noop());
                        here.as_mut().poll(&mut context).is_ready()
                    });
                    there.join().unwrap_or(false)
                }),
                false => here.as_mut().poll(&mut context).is_ready(),
            };
            if is_ready {
                break;
            }
        }
        if polls > 0 {
            let counts = called.entry("waits").or_default();
            counts[0] += 1;
            counts[2] += u64::from(!is_ready);
        }
    }
}

/// Calls by hand that end in any order.
fn guards(called: &mut Called, random: &mut Rng) {
    let count = random.usize(1..80);
    let mut guards: Vec<_> = (0..count)
        .map(|number| track_tool_call("by hand", [("number", number.into())]))
        .collect();
    random.shuffle(&mut guards);
    drop(guards);
    called.entry("by hand").or_default()[0] += count as u64;
}
