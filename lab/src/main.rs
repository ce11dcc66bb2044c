//! The laboratory: `cargo run --release -p telemetry-lab -- COMMAND`.

mod calls;
mod drift;
mod instructions;
mod lines;
mod load;
mod options;
mod ours;
mod peers;
mod scale;
mod sink;
mod soak;
mod threads;

use std::error::Error;
use std::process::ExitCode;

use lexopt::prelude::*;
use telemetry_lab_harness::program;

use crate::options::Options;
use crate::ours::Ours;

const USAGE: &str = "\
Usage: telemetry-lab COMMAND [OPTION…]

Commands:
  calls          What a call costs the thread that makes it
  instructions   The same in instructions, by callgrind
  threads        What one, two and four threads get done
  steady         What 10,000 and 100,000 calls a second cost the process, sent by OTLP
  overload       What becomes of more calls than can be sent
  lines          What becomes of a burst of log lines to Loki, well and ill
  scale          What more tools and more threads cost
  soak           Ten minutes of everything at once: counts exact, memory flat
  drift          How soon a change is told, and how often wrongly
  ours           This project as one of those that are measured: what the commands above start

`telemetry-lab COMMAND --help` lists the options of a command.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("telemetry-lab: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Each command reads the rest of the line itself.
fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        Some(Value(word)) => word.string()?,
        Some(Short('h') | Long("help")) => {
            println!("{USAGE}");
            return Ok(());
        }
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(USAGE.into()),
    };
    let measure = match &*command {
        "calls" => calls::run,
        "instructions" => instructions::run,
        "threads" => threads::run,
        "lines" => lines::run,
        "steady" => load::steady,
        "overload" => load::overload,
        "scale" => return scale::run(arguments),
        "soak" => return soak::run(arguments),
        "drift" => return drift::run(arguments),
        "ours" => return program::run::<Ours>(arguments.raw_args()?),
        other => return Err(format!("there is no command `{other}`\n{USAGE}").into()),
    };
    Options::read(arguments)?.map_or(Ok(()), |options| measure(&options))
}
