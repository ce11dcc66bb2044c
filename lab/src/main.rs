//! The laboratory: `cargo run --release -p telemetry-lab -- COMMAND`.

mod calls;
mod ours;
mod peers;

use std::error::Error;
use std::process::ExitCode;

use lexopt::prelude::*;

const USAGE: &str = "\
Usage: telemetry-lab COMMAND [OPTION…]

Commands:
  calls    What a call costs the thread that makes it
  ours     This project as one of those that are measured: what the commands above start

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
    match &*command {
        "calls" => calls::run(arguments),
        "ours" => telemetry_lab_harness::program::run::<ours::Ours>(arguments.raw_args()?),
        other => Err(format!("there is no command `{other}`\n{USAGE}").into()),
    }
}
