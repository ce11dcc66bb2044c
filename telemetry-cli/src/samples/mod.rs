//! Durations from files: a number a line, CSV, or spans as OTLP/JSON lines.
//!
//! | in the file | becomes |
//! |---|---|
//! | an empty line, or one that begins with `#` | nothing |
//! | a first line whose value is no number | a header |
//! | negative, NaN, infinite durations; a row without a value | left out and counted |
//! | a last line of JSON that is cut off | left out and counted |
//! | spans of no tool, metrics and logs between them | left out and counted |
//! | a moment before the one before it | counted; it stands for that one |
//! | anything else that is not what it should be | an error with file and line |

mod csv;
mod lines;
mod moment;
mod spans;

use std::path::Path;
use std::time::SystemTime;

use telemetry_runtime::drift::Outcome;

use crate::arguments::Unit;
use crate::failure::Failure;
use csv::Table;
use lines::Lines;

/// One call.
#[derive(Debug)]
pub(crate) struct Sample<'a> {
    /// Its number in the file, from 1; what is left out counts.
    pub(crate) number: u64,
    /// `None` where the file has no names.
    pub(crate) tool: Option<&'a str>,
    pub(crate) ms: f64,
    pub(crate) outcome: Outcome,
    /// `None` where the file has no times.
    pub(crate) at: Option<SystemTime>,
}

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) samples: u64,
    /// Negative, NaN and infinite durations.
    pub(crate) no_duration: LeftOut,
    /// Rows without a value.
    pub(crate) gaps: LeftOut,
    /// Spans of no tool, and what is no span.
    pub(crate) no_tool: LeftOut,
    /// Moments before the one before them; these samples count.
    pub(crate) backwards: LeftOut,
    /// The last line of JSON.
    pub(crate) cut_off: LeftOut,
}

/// How many, and the line of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) count: u64,
    pub(crate) first: u64,
}

impl LeftOut {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }
}

impl Summary {
    /// A line for each thing that a person should know of.
    pub(crate) fn remarks(&self, path: &Path) -> Vec<String> {
        let all = [
            (&self.no_duration, "left out: negative, NaN or infinite"),
            (&self.gaps, "left out: without a value"),
            (&self.no_tool, "left out: not the span of a tool"),
            (
                &self.backwards,
                "before the moment before, which they were given",
            ),
            (&self.cut_off, "left out: the last line is cut off"),
        ];
        let some = all.into_iter().filter(|(left_out, _)| left_out.count > 0);
        some.map(|(left_out, what)| {
            let place = path.display();
            format!(
                "{} {what} (first: {place}:{})",
                left_out.count, left_out.first
            )
        })
        .collect()
    }

    /// A duration that can be one.
    fn takes(&mut self, ms: f64, line: u64) -> bool {
        let is_duration = ms.is_finite() && ms >= 0.0;
        if !is_duration {
            self.no_duration.add(line);
        }
        is_duration
    }
}

/// Hands every sample of the file to `take`, in order.
pub(crate) fn each(
    path: &Path,
    unit: Unit,
    mut take: impl FnMut(&Sample<'_>) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let mut lines = Lines::open(path)?;
    let mut summary = Summary::default();
    let mut last = SystemTime::UNIX_EPOCH;
    let mut take = |sample: &mut Sample<'_>, line: u64, summary: &mut Summary| {
        if let Some(at) = sample.at {
            if at < last {
                summary.backwards.add(line);
                sample.at = Some(last);
            } else {
                last = at;
            }
        }
        summary.samples += 1;
        take(sample)
    };
    let table = match lines.peek()? {
        None => return Err(Failure::wrong(format!("{}: it is empty", path.display()))),
        Some(first) if first.text.starts_with('{') => None,
        Some(first) => Some(Table::of(first.text, unit).map_err(|why| first.wrong(&why))?),
    };
    match table {
        Some(table) => table.read(&mut lines, &mut summary, &mut take)?,
        None => spans::read(&mut lines, &mut summary, &mut take)?,
    }
    if summary.samples == 0 {
        let place = path.display();
        let remarks = summary.remarks(path).join("; ");
        let said = format!("{place}: there is no duration in it {remarks}");
        return Err(Failure::wrong(said.trim_end()));
    }
    Ok(summary)
}
