//! Bursts of log lines to a real Loki: healthy, stopped, hanging, refusing.

mod gate;
mod loki;

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use telemetry_lab_harness::report;

use crate::options::{Options, Variants};
use gate::{Gate, Mode};
use loki::Loki;

/// How long Loki is ill, from before the first line on.
const ILL: Duration = Duration::from_secs(20);
/// How long a program then waits, before it ends, for its lines to be sent: most of it Loki is well.
const HOLD: &str = "60";

/// What is the matter with Loki, and how many threads write.
const CASES: [(&str, Mode, &str); 6] = [
    ("well, 1 thread", Mode::Pass, "1"),
    ("well, 4 threads", Mode::Pass, "4"),
    ("stopped", Mode::Closed, "1"),
    ("hangs", Mode::Silent, "1"),
    ("429", Mode::Status(429), "1"),
    ("500", Mode::Status(500), "1"),
];

/// A measurement, and what arrived.
#[derive(Serialize)]
struct Burst {
    case: &'static str,
    #[serde(flatten)]
    report: report::Lines,
    arrived: u64,
}

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let program = options.loki.clone().map_or_else(loki::built, Ok)?;
    let lines = options.lines.unwrap_or(200_000).to_string();
    println!(
        "{:<14} {:<16} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>8}",
        "", "Loki", "arrived", "dropped", "lost", "MiB peak", "CPU s", "written s", "drain s"
    );
    options.each(Variants::First, |peer, _| {
        let listed = peer.list()?;
        if !listed.lines {
            println!("{:<14} writes no lines to Loki", listed.peer);
            return Ok(Vec::new());
        }
        let mut bursts = Vec::new();
        for (case, mode, threads) in CASES {
            let burst = one(peer, &program, case, mode, [threads, &lines])?;
            println!("{}", row(&burst));
            bursts.push(burst);
        }
        Ok(bursts)
    })
}

fn one(
    peer: &crate::peers::Program,
    program: &Path,
    case: &'static str,
    mode: Mode,
    [threads, lines]: [&str; 2],
) -> Result<Burst, Box<dyn Error>> {
    let loki = Loki::start(program)?;
    let gate = Gate::open(loki.port(), mode)?;
    let url = gate.push_url();
    let hold = if mode == Mode::Pass { "0" } else { HOLD };
    let line = [
        "lines",
        "--url",
        &url,
        "--threads",
        threads,
        "--lines",
        lines,
        "--hold",
        hold,
    ];
    let report: report::Lines = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(ILL);
            gate.set(Mode::Pass);
        });
        peer.report(&line)
    })?;
    Ok(Burst {
        case,
        report,
        arrived: loki.lines()?,
    })
}

/// Dropped is what the library counted; lost what neither arrived nor was counted.
fn row(burst: &Burst) -> String {
    let Burst {
        case,
        report,
        arrived,
    } = burst;
    let lost = report
        .lines
        .saturating_sub(arrived + report.dropped.unwrap_or(0));
    let dropped = report
        .dropped
        .map_or("?".to_owned(), |dropped| dropped.to_string());
    format!(
        "{:<14} {case:<16} {arrived:>9} {dropped:>9} {lost:>9} {:>9.1} {:>7.2} {:>9.2} {:>8.2}",
        report.subject.peer,
        report.memory.peak as f64 / 1024.0,
        report.cpu_seconds,
        report.written_seconds,
        report.drain_seconds,
    )
}
