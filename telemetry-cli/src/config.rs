//! `telemetry config`: what a program would be told of its file.

use std::path::PathBuf;

use telemetry_runtime::{Checked, Error, Telemetry};

use crate::arguments::ConfigCommand;
use crate::failure::Failure;
use crate::output::{Colour, Output, complain};

pub(crate) fn run(command: ConfigCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Check { file } => {
            let place = file.display().to_string();
            let checked = check(Some(file))?;
            remarks(&checked);
            output.coloured(Colour::Good, &format!("{place}: no fault"))?;
        }
        ConfigCommand::Show { file } => {
            let checked = check(Some(file))?;
            remarks(&checked);
            for line in checked.effective().lines() {
                output.line(line)?;
            }
        }
    }
    Ok(0)
}

/// The file, or what a program finds without one.
pub(crate) fn check(file: Option<PathBuf>) -> Result<Checked, Failure> {
    let builder = Telemetry::builder();
    let builder = match file {
        Some(file) => builder.file(file),
        None => builder,
    };
    builder
        .check()
        .map_err(|error: Error| Failure::wrong(error.to_string()))
}

fn remarks(checked: &Checked) {
    for text in checked.notices() {
        complain(&format!("note: {text}"));
    }
    for text in checked.missing_features() {
        // The sentence is about this build; the program's is what counts.
        let text = text.replace(", which this build is without", "");
        complain(&format!("note: {text}"));
    }
}
