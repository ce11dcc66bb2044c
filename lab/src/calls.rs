//! What a call costs the thread that makes it: one process a variant.

use std::error::Error;
use std::path::PathBuf;

use lexopt::prelude::*;
use telemetry_lab_harness::report;

use crate::peers::{self, OURS, Program};

const USAGE: &str = "\
Usage: telemetry-lab calls [--peer NAME]… [--all] [--variant NAME] [--rounds N] [--tight] [--json FILE]

  --peer NAME      One of those below lab/peers, or `ours`, which is measured where none is named
  --all            All of them
  --variant NAME   Only this way to set it up
  --rounds N       Batches of 1,000 calls a case, interleaved with the others' (default 300)
  --tight          Tight loops too
  --json FILE      Everything that was measured";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Box<dyn Error>> {
    let mut names = Vec::new();
    let mut variant = None;
    let mut rounds = String::from("300");
    let mut tight = false;
    let mut json: Option<PathBuf> = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("peer") => names.push(arguments.value()?.string()?),
            Long("all") => names.extend(peers::all()?),
            Long("variant") => variant = Some(arguments.value()?.string()?),
            Long("rounds") => rounds = arguments.value()?.string()?,
            Long("tight") => tight = true,
            Long("json") => json = Some(arguments.value()?.into()),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if names.is_empty() {
        names.push(OURS.to_owned());
    }
    let mut reports = Vec::new();
    for name in names {
        let program = Program::build(&name)?;
        for known in program.list()?.variants {
            if variant.as_ref().is_some_and(|wanted| *wanted != known.name) {
                continue;
            }
            let mut line = vec!["calls", "--variant", &known.name, "--rounds", &rounds];
            line.extend(tight.then_some("--tight"));
            let report: report::Calls = serde_json::from_slice(&program.output(&line)?)?;
            print(&report);
            reports.push(report);
        }
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_vec_pretty(&reports)?)?;
    }
    Ok(())
}

fn print(report: &report::Calls) {
    let subject = &report.subject;
    println!("\n{}, {}: {}", subject.peer, subject.variant, subject.what);
    println!(
        "{:<26} {:>9} {:>28} {:>8} {:>28}",
        "ns a call", "least", "median (p10–p90)", "× floor", "tight loop"
    );
    for cost in &report.cases {
        let tight = cost
            .tight
            .map(|spread| spread.to_string())
            .unwrap_or_default();
        println!(
            "{:<26} {:>9.1} {:>28} {:>8.2} {tight:>28}",
            cost.case,
            cost.ns.min,
            cost.ns.to_string(),
            cost.floors
        );
    }
}
