//! Drift: how soon the shipped detector tells a change, and how often it is wrong.

mod cost;
mod file;
mod grid;
mod oracle;
mod plot;
mod report;
mod rivals;
mod scenarios;
mod streams;

use std::error::Error;
use std::path::PathBuf;

use lexopt::prelude::*;

const USAGE: &str = "\
Usage: telemetry-lab drift [grid|scenarios|week|cost] [OPTION…]
       telemetry-lab drift FILE

grid       every distribution with every change: delays, false alarms, oracle, rivals (the default)
scenarios  a change and its return, young baselines, ten busy minutes
week       a simulated week at 1,000 calls a second
cost       time a call, pauses with 10,000 tools, memory a tool
FILE       a duration in milliseconds a line, or CSV `seconds,milliseconds`: events as JSON lines

  --seeds N    streams a cell (100)
  --nulls N    streams without a change (400)
  --from N     the first seed (0); the detector was tuned on seeds from 100,000 on
  --runs N     runs of the ten minutes (20)
  --json FILE  one JSON object a cell
  --plots DIR  SVG plots of delay against false alarms";

/// What is asked for.
pub(crate) struct Options {
    pub(crate) seeds: u64,
    pub(crate) nulls: u64,
    pub(crate) from: u64,
    pub(crate) runs: u64,
    pub(crate) json: Option<PathBuf>,
    pub(crate) plots: Option<PathBuf>,
}

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        seeds: 100,
        nulls: 400,
        from: 0,
        runs: 20,
        json: None,
        plots: None,
    };
    let mut what = PathBuf::from("grid");
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) => what = word.into(),
            Long("seeds") => options.seeds = arguments.value()?.parse()?,
            Long("nulls") => options.nulls = arguments.value()?.parse()?,
            Long("from") => options.from = arguments.value()?.parse()?,
            Long("runs") => options.runs = arguments.value()?.parse()?,
            Long("json") => options.json = Some(arguments.value()?.into()),
            Long("plots") => options.plots = Some(arguments.value()?.into()),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match what.to_str() {
        Some("grid") => report::grid(&options),
        Some("scenarios") => {
            report::scenarios(&options);
            Ok(())
        }
        Some("week") => {
            report::week(&options);
            Ok(())
        }
        Some("cost") => {
            report::cost();
            Ok(())
        }
        _ => file::run(&what),
    }
}
