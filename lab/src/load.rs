//! What a program pays at a steady rate and without a pause, sending to a server that reads.

use std::error::Error;

use serde::Serialize;
use telemetry_lab_harness::report::{Finish, Memory, Overload, Steady, Subject};

use crate::options::{Options, Variants};
use crate::peers::Program;
use crate::sink::{Seen, Sink};

/// The port that `discard` has, where it runs, which is nowhere.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9";

/// A measurement, and what arrived.
#[derive(Serialize)]
struct Delivered<T> {
    #[serde(flatten)]
    report: T,
    arrived: Seen,
}

pub(crate) fn steady(options: &Options) -> Result<(), Box<dyn Error>> {
    let rates = options
        .rate
        .map_or(vec![10_000, 100_000], |rate| vec![rate]);
    let seconds = options.seconds.unwrap_or(20).to_string();
    let sink = Sink::start()?;
    let url = if options.down { NOBODY } else { sink.url() };
    println!(
        "{:<24} {:>8} {:>8} {:>6} {:>24} {:>24} {:>30}",
        "",
        "calls/s",
        "CPU",
        "loop",
        "MiB: before half end peak",
        "added ns p50 p99 p99.9",
        "spans delivered, dropped, lost"
    );
    options.each(Variants::First, |program, variant| {
        let mut results = Vec::new();
        if !takes_part(program)? {
            return Ok(results);
        }
        for rate in &rates {
            let rate = rate.to_string();
            let line = [
                "steady",
                "--variant",
                variant,
                "--url",
                url,
                "--rate",
                &rate,
                "--seconds",
                &seconds,
            ];
            let report: Steady = program.report(&line)?;
            let arrived = sink.take();
            let added = report.added_ns;
            println!(
                "{:<24} {rate:>8} {:>7.2}% {:>5.1}% {:>24} {:>24} {:>30}",
                name(&report.subject),
                report.cpu * 100.0,
                report.cpu_of_loop * 100.0,
                mib(report.memory),
                format!("{:.0} {:.0} {:.0}", added.p50, added.p99, added.p999),
                fate(report.calls, &arrived, report.finish),
            );
            results.push(Delivered { report, arrived });
        }
        Ok(results)
    })
}

pub(crate) fn overload(options: &Options) -> Result<(), Box<dyn Error>> {
    let seconds = options.seconds.unwrap_or(5).to_string();
    let sink = Sink::start()?;
    let url = if options.down { NOBODY } else { sink.url() };
    println!(
        "{:<24} {:>7} {:>11} {:>6} {:>24} {:>8} {:>30}  calls by the metrics",
        "",
        "threads",
        "calls",
        "cores",
        "MiB: before half end peak",
        "drain s",
        "spans delivered, dropped, lost"
    );
    options.each(Variants::First, |program, variant| {
        let mut results = Vec::new();
        if !takes_part(program)? {
            return Ok(results);
        }
        for threads in ["1", "2"] {
            let line = [
                "overload",
                "--variant",
                variant,
                "--url",
                url,
                "--threads",
                threads,
                "--seconds",
                &seconds,
            ];
            let report: Overload = program.report(&line)?;
            let arrived = sink.take();
            let counted = match arrived.calls_counted {
                0 => String::from("none sent"),
                counted if counted == report.calls => String::from("exact"),
                counted => format!("{counted}"),
            };
            println!(
                "{:<24} {threads:>7} {:>11} {:>6.2} {:>24} {:>8.2} {:>30}  {counted}",
                name(&report.subject),
                report.calls,
                report.cpu,
                mib(report.memory),
                report.drain_seconds,
                fate(report.calls, &arrived, report.finish),
            );
            results.push(Delivered { report, arrived });
        }
        Ok(results)
    })
}

fn takes_part(program: &Program) -> Result<bool, Box<dyn Error>> {
    let listed = program.list()?;
    if !listed.otlp {
        println!("{:<24} sends no OTLP over HTTP", listed.peer);
    }
    Ok(listed.otlp)
}

fn name(subject: &Subject) -> String {
    format!("{}, {}", subject.peer, subject.variant)
}

fn mib(memory: Memory) -> String {
    let of = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
    let Memory {
        before,
        half,
        end,
        peak,
    } = memory;
    [before, half, end, peak].map(of).join(" ")
}

/// Dropped is what the library counted; lost what neither arrived nor was counted.
fn fate(calls: u64, arrived: &Seen, finish: Finish) -> String {
    let dropped = finish.spans_dropped;
    let lost = calls.saturating_sub(arrived.spans + dropped.unwrap_or(0));
    let dropped = dropped.map_or("?".to_owned(), |dropped| dropped.to_string());
    format!("{} {dropped} {lost}", arrived.spans)
}
