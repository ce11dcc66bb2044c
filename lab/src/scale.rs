//! Many tools, many threads: what each more of them costs. A process a measurement.

use std::error::Error;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use lexopt::prelude::*;
use serde::{Deserialize, Serialize};
use telemetry_lab_harness::process::{cpu, peak_kib, resident_kib};
use telemetry_lab_harness::spread::Spread;
use telemetry_lab_harness::work;
use telemetry_lab_harness::{Peer, Target, server};
use telemetry_runtime::{statistics, track_tool_call};

use crate::ours::{Ours, tools};

const USAGE: &str = "\
Usage: telemetry-lab scale [--json FILE]
       telemetry-lab scale KIND COUNT [--bare]

KIND is one of
  tools    COUNT tools, called in turn by one thread
  alive    COUNT threads that have made a call each and live on
  gone     COUNT threads that make a call each and end, one after the other
--bare makes the calls without instrumentation.";

const COUNTS: [u64; 3] = [1, 100, 10_000];
const ROUNDS: usize = 100;
const BATCH: u64 = 1000;
/// What a thread needs that makes a call and waits.
const STACK: usize = 128 << 10;

/// What came of one.
#[derive(Serialize, Deserialize)]
struct Scale {
    kind: String,
    count: u64,
    bare: bool,
    /// From the first call to the last one of as many as there are tools or threads.
    first_us: f64,
    /// Later calls in one thread, batches with the queues emptied between.
    ns: Option<Spread>,
    /// The collector has taken in what there is, microseconds.
    settle_us: f64,
    /// Of the process that does nothing, as a share of a core.
    idle_cpu: f64,
    resident_kib: [u64; 3],
    calls_counted: u64,
    calls: u64,
}

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Box<dyn Error>> {
    let (mut words, mut bare, mut json) = (Vec::new(), false, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) => words.push(word.string()?),
            Long("bare") => bare = true,
            Long("json") => json = Some(arguments.value()?),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match &*words {
        [] => {
            let results = all()?;
            if let Some(path) = json {
                std::fs::write(path, serde_json::to_vec_pretty(&results)?)?;
            }
            Ok(())
        }
        [kind, count] => {
            let result = one(kind, count.parse()?, bare)?;
            println!("{}", serde_json::to_string(&result)?);
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

fn all() -> Result<Vec<Scale>, Box<dyn Error>> {
    println!(
        "{:<6} {:>6} {:>5} {:>12} {:>24} {:>12} {:>9} {:>24} {:>8}",
        "",
        "count",
        "",
        "first, µs",
        "later, ns a call",
        "settle, µs",
        "idle CPU",
        "KiB: before after peak",
        "counted"
    );
    let mut results = Vec::new();
    for kind in ["tools", "alive", "gone"] {
        for count in COUNTS {
            for bare in [true, false] {
                if kind == "tools" && bare {
                    continue;
                }
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["scale", kind, &count.to_string()]);
                command.args(bare.then_some("--bare"));
                let output = command.output()?;
                if !output.status.success() {
                    return Err(String::from_utf8_lossy(&output.stderr).into());
                }
                let result: Scale = serde_json::from_slice(&output.stdout)?;
                print(&result);
                results.push(result);
            }
        }
    }
    Ok(results)
}

fn print(scale: &Scale) {
    let [before, after, peak] = scale.resident_kib;
    let counted = match scale.bare {
        true => "",
        false if scale.calls == scale.calls_counted => "exact",
        false => "WRONG",
    };
    println!(
        "{:<6} {:>6} {:>5} {:>12.1} {:>24} {:>12.1} {:>8.2}% {:>24} {counted:>8}",
        scale.kind,
        scale.count,
        if scale.bare { "bare" } else { "" },
        scale.first_us,
        scale.ns.map(|ns| ns.to_string()).unwrap_or_default(),
        scale.settle_us,
        scale.idle_cpu * 100.0,
        format!("{before} {after} {peak}"),
    );
}

fn one(kind: &str, count: u64, bare: bool) -> Result<Scale, Box<dyn Error>> {
    let target = Target::Forget(server::listen(drop)?);
    let telemetry = (!bare).then(|| Ours::start("recorded", &target));
    let call = move |number| {
        if bare {
            work::call(number)
        } else {
            tools::call(number)
        }
    };
    let settle = || {
        let start = Instant::now();
        drop(statistics());
        start.elapsed()
    };
    let before = resident_kib();
    let mut scale = Scale {
        kind: kind.to_owned(),
        count,
        bare,
        first_us: 0.0,
        ns: None,
        settle_us: 0.0,
        idle_cpu: 0.0,
        resident_kib: [before, 0, 0],
        calls_counted: 0,
        calls: count,
    };
    let start = Instant::now();
    let measure_later = |scale: &mut Scale, calls: &dyn Fn(u64)| {
        scale.first_us = micros(start.elapsed());
        scale.settle_us = micros(settle());
        scale.resident_kib[1] = resident_kib();
        scale.ns = Some(batches(calls, settle));
        scale.calls += ROUNDS as u64 * BATCH;
        scale.idle_cpu = idle();
    };
    match kind {
        "tools" => {
            let names: Vec<_> = (0..count).map(|number| format!("tool_{number}")).collect();
            let call = |number: u64| drop(track_tool_call(&names[(number % count) as usize], ()));
            (0..count).for_each(call);
            measure_later(&mut scale, &|calls| (0..calls).for_each(call));
        }
        "alive" => {
            let all = Barrier::new(count as usize + 1);
            let made = Barrier::new(count as usize + 1);
            thread::scope(|scope| -> std::io::Result<()> {
                for number in 0..count {
                    let (made, all) = (&made, &all);
                    thread::Builder::new()
                        .stack_size(STACK)
                        .spawn_scoped(scope, move || {
                            let _ = call(number);
                            made.wait();
                            all.wait();
                        })?;
                }
                made.wait();
                measure_later(&mut scale, &|calls| {
                    (0..calls).for_each(|number| {
                        let _ = call(number);
                    });
                });
                all.wait();
                Ok(())
            })?;
        }
        "gone" => {
            for number in 0..count {
                let thread = thread::Builder::new().stack_size(STACK);
                let thread = thread.spawn(move || call(number))?;
                thread.join().map_err(|_| "a thread panicked")?;
            }
            scale.first_us = micros(start.elapsed());
            scale.settle_us = micros(settle());
            scale.resident_kib[1] = resident_kib();
            scale.idle_cpu = idle();
        }
        other => return Err(format!("`{other}` is neither tools, alive nor gone").into()),
    }
    scale.resident_kib[2] = peak_kib();
    if let Some(telemetry) = telemetry {
        scale.calls_counted = telemetry.finish().calls_counted.unwrap_or(0);
    }
    Ok(scale)
}

fn batches(calls: &dyn Fn(u64), settle: impl Fn() -> Duration) -> Spread {
    let once = |_| {
        settle();
        let start = Instant::now();
        calls(BATCH);
        start.elapsed().as_nanos() as f64 / BATCH as f64
    };
    Spread::of((0..ROUNDS).map(once).collect())
}

/// What is used while nothing is called.
fn idle() -> f64 {
    let (start, before) = (Instant::now(), cpu());
    thread::sleep(Duration::from_secs(1));
    (cpu() - before).as_secs_f64() / start.elapsed().as_secs_f64()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
