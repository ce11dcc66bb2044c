//! What one, two and four threads get done together.

use std::error::Error;

use telemetry_lab_harness::report::{Threads, Throughput};

use crate::options::{Options, Variants};

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let rounds = options.rounds.unwrap_or(300).to_string();
    options.each(Variants::First, |program, variant| {
        let report: Threads =
            program.report(&["threads", "--variant", variant, "--rounds", &rounds])?;
        print(&report);
        Ok(vec![report])
    })
}

/// Throughputs as multiples of one thread's.
fn print(report: &Threads) {
    let subject = &report.subject;
    println!("\n{}, {}: {}", subject.peer, subject.variant, subject.what);
    println!(
        "{:<20} {:>7} {:>24} {:>8} {:>24} {:>8} {:>24} {:>8}",
        "",
        "threads",
        "bursts, ns a call",
        "× one",
        "loop, wall ns a call",
        "× one",
        "loop, CPU ns a call",
        "× one"
    );
    for result in &report.results {
        let alike = |other: &&Throughput| other.what == result.what && other.threads == 1;
        let Some(one) = report.results.iter().find(alike) else {
            continue;
        };
        let threads = result.threads as f64;
        let burst = result.burst_ns.zip(one.burst_ns);
        println!(
            "{:<20} {:>7} {:>24} {:>8} {:>24} {:>8.2} {:>24} {:>8.2}",
            result.what,
            result.threads,
            burst.map(|(ns, _)| ns.to_string()).unwrap_or_default(),
            burst
                .map(|(ns, one)| format!("{:.2}", threads * one.median / ns.median))
                .unwrap_or_default(),
            result.loop_wall_ns.to_string(),
            one.loop_wall_ns.median / result.loop_wall_ns.median,
            result.loop_cpu_ns.to_string(),
            threads * one.loop_cpu_ns.median / result.loop_cpu_ns.median,
        );
    }
}
