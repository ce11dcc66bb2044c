//! What a call costs the thread that makes it.

use std::error::Error;

use lexopt::prelude::*;
use telemetry_lab_harness::batches;
use telemetry_lab_harness::floor;

const USAGE: &str = "\
Usage: telemetry-lab calls [--rounds N]

  --rounds N    Batches of 1,000 calls a case, interleaved with the others' (default 200)";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Box<dyn Error>> {
    let mut rounds = 200;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("rounds") => rounds = arguments.value()?.parse()?,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    for (case, spread) in batches::interleaved(&floor::cases(), rounds, || {}) {
        println!("{case:<32} {spread}");
    }
    Ok(())
}
