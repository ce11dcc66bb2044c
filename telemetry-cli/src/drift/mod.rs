//! `telemetry drift`: what is normal, what has changed.

mod against;
mod check;
mod decide;
mod detector;
mod export;
mod look;
mod replay;
mod source;

use crate::arguments::DriftCommand;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(command: DriftCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        DriftCommand::Report(arguments) => look::report(&arguments, output),
        DriftCommand::Baseline(arguments) => look::baseline(&arguments, output),
        DriftCommand::Accept(arguments) => decide::accept(&arguments, output),
        DriftCommand::Reset(arguments) => decide::reset(&arguments, output),
        DriftCommand::Export(arguments) => export::run(&arguments, output),
        DriftCommand::Replay(arguments) => replay::run(&arguments, output),
        DriftCommand::Check(arguments) => check::run(&arguments, output),
    }
}
