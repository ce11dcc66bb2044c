//! Standard output: buffered, coloured on a terminal only.

use std::env;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use telemetry_runtime::drift::Severity;

use crate::failure::Failure;

pub(crate) struct Output {
    to: BufWriter<StdoutLock<'static>>,
    colours: bool,
    is_terminal: bool,
}

/// What a text means, on a terminal that shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Good,
    Weak,
    Strong,
    Faint,
}

impl Output {
    pub(crate) fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let said_no = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            to: BufWriter::new(io::stdout().lock()),
            colours: is_terminal && !said_no,
            is_terminal,
        }
    }

    /// Text from files may hold what a terminal would obey: control characters become spaces.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        let text = plain(text);
        writeln!(self.to, "{text}")?;
        // Somebody is watching.
        if self.is_terminal {
            self.to.flush()?;
        }
        Ok(())
    }

    pub(crate) fn coloured(&mut self, colour: Colour, text: &str) -> Result<(), Failure> {
        if !self.colours {
            return self.line(text);
        }
        let code = match colour {
            Colour::Good => "32",
            Colour::Weak => "33",
            Colour::Strong => "31",
            Colour::Faint => "2",
        };
        writeln!(self.to, "\u{1b}[{code}m{}\u{1b}[0m", plain(text))?;
        Ok(self.to.flush()?)
    }

    pub(crate) fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        writeln!(self.to, "{value}")?;
        // So that whoever reads line by line has it now.
        Ok(self.to.flush()?)
    }

    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.to.flush()?)
    }
}

impl Colour {
    pub(crate) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self::Faint,
            Severity::Medium => Self::Weak,
            Severity::High | Severity::Critical => Self::Strong,
        }
    }
}

fn plain(text: &str) -> String {
    let characters = text.chars();
    characters
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A line on standard error; several where the text has several. Nobody may be reading.
pub(crate) fn complain(text: &str) {
    let mut to = io::stderr().lock();
    for line in text.lines() {
        _ = writeln!(to, "telemetry: {}", plain(line));
    }
}

/// Columns as wide as their widest cell; those after the first are numbers or short, and right.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Three significant digits, as people read milliseconds.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let decimals = usize::try_from(digits).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_enough() {
        for (value, shown) in [
            (0.0, "0"),
            (0.001_234, "0.00123"),
            (41.04, "41"),
            (1.5, "1.5"),
            (98_765.4, "98765"),
            (-3.0, "-3"),
        ] {
            assert_eq!(significant(value), shown);
        }
    }

    #[test]
    fn columns_stand_under_one_another() {
        let rows = [
            vec!["tool".to_owned(), "p50".to_owned()],
            vec!["ä".to_owned(), "1".to_owned()],
        ];
        assert_eq!(table(&rows), ["tool  p50", "ä       1"]);
    }

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        assert_eq!(plain("a\u{1b}[31mb\n"), "a [31mb ");
    }
}
