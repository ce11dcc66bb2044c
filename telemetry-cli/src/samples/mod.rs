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

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    /// Whatever the file: samples in order that can be observed, or an error that names it.
    #[test]
    fn fuzz_files() {
        let spans = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"tool.a","startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600012000000","attributes":[{"key":"tool.name","value":{"stringValue":"a"}},{"key":"tool.status","value":{"stringValue":"error"}}],"status":{"code":2}}]}]}]}"#;
        let inputs = Inputs {
            seeds: &[
                b"1.5\n2\n\n# a remark\n3e2\n",
                b"timestamp;tool;duration_ms\n2026-01-01T00:00:00Z;a;1.5\n1767225600.5;b;2\n",
                b"at,ms\n1767225600123,7\n",
                spans.as_bytes(),
            ],
            words: &[
                ",",
                ";",
                "\t",
                "\n",
                "\"",
                "{",
                "}",
                "[",
                "]",
                "null",
                "timestamp",
                "tool",
                "inf",
                "-",
            ],
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("samples");
        let tried = fuzz("replayed file", inputs, |bytes| {
            std::fs::write(&path, bytes).expect("it can be written");
            let (mut seen, mut last) = (0, SystemTime::UNIX_EPOCH);
            let read = each(&path, Unit::Ms, |sample| {
                assert!(sample.ms.is_finite() && sample.ms >= 0.0, "{sample:?}");
                let at = sample.at.unwrap_or(last);
                assert!(at >= last, "{sample:?}");
                (seen, last) = (seen + 1, at);
                Ok(())
            });
            match read {
                Ok(summary) => {
                    assert_eq!(summary.samples, seen);
                    Ok((seen, summary.remarks(&path)))
                }
                Err(failure) => {
                    let text = failure.to_string();
                    let name = path.display().to_string();
                    assert!(text.starts_with(&name), "{text}");
                    let kind = text[name.len()..].trim_start_matches(|c: char| !c.is_alphabetic());
                    Err(kind.split(['`', '"', '\'']).next().map(str::to_owned))
                }
            }
        });
        assert!(tried.became.len() > 20, "{tried}");
    }
}
