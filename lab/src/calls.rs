//! What a call costs the thread that makes it: one process a variant.

use std::error::Error;

use telemetry_lab_harness::report::Calls;

use crate::options::{Options, Variants};

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let rounds = options.rounds.unwrap_or(300).to_string();
    options.each(Variants::All, |program, variant| {
        let mut line = vec!["calls", "--variant", variant, "--rounds", &rounds];
        line.extend(options.tight.then_some("--tight"));
        let report: Calls = program.report(&line)?;
        print(&report);
        Ok(vec![report])
    })
}

fn print(report: &Calls) {
    let subject = &report.subject;
    println!("\n{}, {}: {}", subject.peer, subject.variant, subject.what);
    println!(
        "{:<26} {:>9} {:>28} {:>8} {:>28}",
        "ns a call", "least", "median (p10–p90)", "× floor", "tight loop"
    );
    for cost in &report.cases {
        let tight = cost.tight.map(|spread| spread.to_string());
        println!(
            "{:<26} {:>9.1} {:>28} {:>8.2} {:>28}",
            cost.case,
            cost.ns.min,
            cost.ns.to_string(),
            cost.floors,
            tight.unwrap_or_default()
        );
    }
}
