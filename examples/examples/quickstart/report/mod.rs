//! What a person reads at the end.

mod drift;
mod errors;
mod findings;
mod sent;
mod slowest;
mod style;
mod table;
mod time;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use telemetry_runtime::drift::Event;
use telemetry_runtime::{self as telemetry, Health, ToolStatistics};

use super::agent::Findings;
use super::output::Output;
use super::spans::Kept;
use super::units;
use time::OwnTime;

pub(crate) use style::Style;

/// All that is told.
pub(crate) struct Report<'a> {
    pub(crate) findings: &'a Findings,
    /// Of all passes together.
    pub(crate) took: Duration,
    pub(crate) tools: Vec<ToolStatistics>,
    pub(crate) spans: &'a Kept,
    /// Newest first.
    pub(crate) drift: Vec<Event>,
    pub(crate) output: &'a Output,
    pub(crate) health: Health,
}

impl Report<'_> {
    pub(crate) fn text(&self, style: &Style) -> String {
        let own = OwnTime::of(&self.spans.spans);
        let mut text = String::new();
        let mut section = |heading: &str, body: String| {
            if !body.is_empty() {
                let _ = write!(text, "\n{}\n{body}", style.bold(heading));
            }
        };
        section("What the agent found", findings::text(self.findings));
        section(&self.tools_heading(), table::text(&self.tools, &own, style));
        section(slowest::HEADING, slowest::text(self.spans, style));
        section("What has changed", drift::text(&self.drift, style));
        section(
            "Errors, where they began",
            errors::text(&self.spans.spans, style),
        );
        section(
            "Where the telemetry went",
            sent::text(self.output, &self.health, style),
        );
        section(sent::NEXT, sent::next(self.output));
        text
    }

    fn tools_heading(&self) -> String {
        let calls: u64 = self.tools.iter().map(|tool| tool.calls).sum();
        let took = units::duration(self.took);
        format!("Tools: {} calls in {took}", units::count(calls))
    }
}

/// What has not arrived when the program ends.
pub(crate) fn lost(last: &telemetry::Report) -> String {
    let (spans, points) = (last.traces.dropped, last.metrics.dropped);
    match (spans, points) {
        (0, 0) => "\nEverything has arrived after all.\n".to_owned(),
        _ => format!(
            "\nGiven up at the end: {} spans and {} metric points.\n",
            units::count(spans),
            units::count(points),
        ),
    }
}

/// Writes to standard output. Who reads may have left: that is no error.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error, in the same way.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
