//! A small agent that studies the files of a directory, each of its steps a tool, and then
//! reports what the tools did: `cargo run --release --example quickstart [PATH]`.
//!
//! What to look for: the steps in `agent/` are plain functions with `#[tool]` on them; this
//! file starts telemetry, runs them, and asks telemetry what it has seen.

mod agent;
mod arguments;
mod output;
mod report;
mod spans;
mod units;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use agent::Agent;
use arguments::{Arguments, Request};
use output::Output;
use report::{Report, Style, print};
use spans::Spans;
use telemetry_runtime::drift::Filter;

fn main() -> ExitCode {
    match arguments::read(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print(arguments::HELP);
            ExitCode::SUCCESS
        }
        Ok(Request::Run(arguments)) => run(&arguments).unwrap_or_else(wrong),
        Err(message) => wrong(message),
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let agent = Agent::new(&arguments.path, arguments.max_files)?;
    let output = Output::choose();
    let spans = Spans::default();
    let telemetry = output
        .builder()
        .span_exporter(spans.exporter())
        .init()
        .map_err(|error| error.to_string())?;

    let style = Style::of_terminal();
    let start = Instant::now();
    let findings = agent.run(|progress| print(&style.progress(progress)));
    let took = start.elapsed();

    let drift = telemetry_runtime::detector().report(Filter::default());
    let arrived = telemetry.flush(Duration::from_secs(5));
    let report = Report {
        findings: &findings,
        took,
        tools: telemetry_runtime::statistics(),
        spans: &spans.take(),
        drift,
        output: &output,
        health: telemetry.health(),
    };
    print(&report.text(&style));
    if !arrived.is_complete() {
        let last = telemetry.shutdown(Duration::from_secs(2));
        print(&report::lost(&last));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a person has to change: the exit code is 2, as for other commands.
fn wrong(message: String) -> ExitCode {
    report::complain(&format!("quickstart: {message}\n"));
    ExitCode::from(2)
}
