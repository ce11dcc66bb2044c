//! A duration a line, with a moment and a tool's name beside it where there are such columns.

use std::time::SystemTime;

use telemetry_runtime::drift::Outcome;

use super::lines::Lines;
use super::{Sample, Summary, moment};
use crate::arguments::Unit;
use crate::failure::Failure;

/// Where things stand in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Table {
    separator: Option<char>,
    columns: usize,
    value: usize,
    at: Option<usize>,
    tool: Option<usize>,
    /// Milliseconds in one of the values.
    factor: f64,
    has_header: bool,
}

const VALUES: [&str; 7] = [
    "value",
    "duration",
    "duration_ms",
    "ms",
    "latency",
    "latency_ms",
    "elapsed",
];
const MOMENTS: [&str; 6] = ["timestamp", "time", "at", "date", "datetime", "ts"];
const TOOLS: [&str; 3] = ["tool", "tool_name", "name"];

impl Table {
    /// By the first line.
    pub(super) fn of(first: &str, unit: Unit) -> Result<Self, String> {
        let separator = [',', ';', '\t'].into_iter().find(|c| first.contains(*c));
        let cells: Vec<String> = cells(first, separator).map(str::to_lowercase).collect();
        let plain = Self {
            separator,
            columns: cells.len(),
            value: cells.len() - 1,
            at: None,
            tool: None,
            factor: unit.in_ms(),
            has_header: false,
        };
        let numbers = cells.iter().any(|cell| number(cell).is_some());
        if !numbers && cells.iter().any(|cell| is_name(cell)) {
            return plain.with_header(&cells);
        }
        match cells.len() {
            1 => Ok(plain),
            2 => Ok(Self {
                at: Some(0),
                ..plain
            }),
            columns => Err(format!(
                "found {columns} columns and no header, allowed: one value, or timestamp and value; more with a header that names them"
            )),
        }
    }

    fn with_header(self, names: &[String]) -> Result<Self, String> {
        let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let value = match find(&VALUES) {
            Some(value) => value,
            None if names.len() <= 2 => self.value,
            None => {
                return Err(format!(
                    "found a header without a column of durations, allowed: one of {}",
                    VALUES.join(", ")
                ));
            }
        };
        let at = find(&MOMENTS).or((names.len() == 2).then_some(1 - value.min(1)));
        Ok(Self {
            value,
            at: at.filter(|at| *at != value && find(&TOOLS) != Some(*at)),
            tool: find(&TOOLS).filter(|tool| *tool != value),
            has_header: true,
            ..self
        })
    }

    pub(super) fn read(
        self,
        lines: &mut Lines,
        summary: &mut Summary,
        take: &mut impl FnMut(&mut Sample<'_>, u64, &mut Summary) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.has_header {
            lines.take()?;
        }
        let mut rows = 0;
        loop {
            let Some(line) = lines.take()? else {
                return Ok(());
            };
            rows += 1;
            let row = self.row(line.text).map_err(|why| line.wrong(&why))?;
            let Some(value) = row.value else {
                summary.gaps.add(line.number);
                continue;
            };
            let ms = value * self.factor;
            if !summary.takes(ms, line.number) {
                continue;
            }
            let mut sample = Sample {
                number: rows,
                tool: row.tool.as_deref(),
                ms,
                outcome: Outcome::Success,
                at: row.at,
            };
            take(&mut sample, line.number, summary)?;
        }
    }

    fn row(&self, line: &str) -> Result<Row, String> {
        let mut row = Row::default();
        let mut columns = 0;
        for (column, cell) in cells(line, self.separator).enumerate() {
            columns += 1;
            if column == self.value {
                row.value = match cell {
                    "" => None,
                    cell => Some(
                        number(cell)
                            .ok_or_else(|| format!("found {}, allowed: a number", shown(cell)))?,
                    ),
                };
            } else if Some(column) == self.at {
                let at = moment::read(cell);
                row.at = Some(at.ok_or_else(|| {
                    format!(
                        "found {} for a timestamp, allowed: RFC 3339 in UTC, or seconds, ms, µs or ns since 1970",
                        shown(cell)
                    )
                })?);
            } else if Some(column) == self.tool {
                row.tool = Some(cell.to_owned());
            }
        }
        if columns != self.columns {
            return Err(format!(
                "found {columns} columns, allowed: {}, as in the first line",
                self.columns
            ));
        }
        Ok(row)
    }
}

#[derive(Debug, Default, PartialEq)]
struct Row {
    value: Option<f64>,
    at: Option<SystemTime>,
    tool: Option<String>,
}

fn cells(line: &str, separator: Option<char>) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let (cell, left) = match separator.and_then(|separator| line.split_once(separator)) {
            Some((cell, left)) => (cell, Some(left)),
            None => (line, None),
        };
        rest = left;
        let cell = cell.trim();
        let bare = cell
            .strip_prefix('"')
            .and_then(|cell| cell.strip_suffix('"'));
        Some(bare.map_or(cell, str::trim))
    })
}

fn number(cell: &str) -> Option<f64> {
    cell.parse().ok()
}

/// Begins like the name of a column.
fn is_name(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Short, and without what a terminal would obey.
fn shown(cell: &str) -> String {
    let text: String = cell.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!("{text:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(first: &str) -> Table {
        Table::of(first, Unit::Ms).unwrap()
    }

    #[test]
    fn the_first_line_says_what_is_where() {
        for (first, value, at, tool, has_header) in [
            ("12.5", 0, None, None, false),
            ("duration_ms", 0, None, None, true),
            ("1700000000,12.5", 1, Some(0), None, false),
            ("2026-01-01T00:00:00Z;3", 1, Some(0), None, false),
            ("timestamp,value", 1, Some(0), None, true),
            ("Value\tTime", 0, Some(1), None, true),
            ("tool,duration", 1, None, Some(0), true),
            ("ts,tool,status,ms", 3, Some(0), Some(1), true),
            ("\"time\", \"value\"", 1, Some(0), None, true),
        ] {
            let table = table(first);
            let is = (table.value, table.at, table.tool, table.has_header);
            assert_eq!(is, (value, at, tool, has_header), "{first}");
        }
        for first in ["1,2,3", "a,b,c"] {
            assert!(Table::of(first, Unit::Ms).is_err(), "{first}");
        }
    }

    #[test]
    fn rows_are_what_the_first_line_promised() {
        let table = table("timestamp,value");
        let row = table.row("10, \"2.5\"").unwrap();
        assert_eq!((row.value, row.at), (Some(2.5), moment::read("10")));
        assert_eq!(table.row("10,").unwrap().value, None, "a gap");
        for (line, said) in [
            ("10", "found 1 columns"),
            ("10,2,3", "found 3 columns"),
            ("10,fast", "found \"fast\", allowed: a number"),
            (",5", "found nothing for a timestamp"),
            ("yesterday,5", "found \"yesterday\" for a timestamp"),
        ] {
            let why = table.row(line).unwrap_err();
            assert!(why.contains(said), "{line}: {why}");
        }
    }
}
