//! The command `telemetry`: checks configurations, looks into stored baselines and drift events,
//! replays files of durations.
//!
//! Exit codes: 0 done; 1 `drift check` has found drift; 2 wrong arguments, configuration or
//! input; 3 a file or store could not be read or written.

mod arguments;
mod config;
mod drift;
mod failure;
mod output;
mod samples;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version come this way too.
        Err(error) => {
            // Nobody may be reading.
            _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * failure::WRONG);
        }
    };
    let mut output = Output::new();
    let outcome =
        run(arguments.command, &mut output).and_then(|code| output.finish().map(|()| code));
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            _ = output.finish();
            output::complain(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

/// The exit code, where nothing went wrong.
fn run(command: Command, output: &mut Output) -> Result<u8, Failure> {
    match command {
        Command::Config(command) => config::run(command, output),
        Command::Drift(command) => drift::run(*command, output),
    }
}
