//! Numbers as people read them.

use std::path::Path;
use std::time::Duration;

/// Three digits and a unit.
pub(crate) fn duration(duration: Duration) -> String {
    let ns = duration.as_nanos() as f64;
    let (value, unit) = match ns {
        ns if ns < 1e3 => return format!("{ns} ns"),
        ns if ns < 999.5e3 => (ns / 1e3, "µs"),
        ns if ns < 999.5e6 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let digits = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// With a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| String::from_utf8_lossy(group))
        .collect();
    groups.join(",")
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A noun with its number.
pub(crate) fn several(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number as u64))
}

/// Safe for a terminal: a file's name may hold anything.
pub(crate) fn path(path: &Path) -> String {
    match path.to_string_lossy() {
        empty if empty.is_empty() => ".".to_owned(),
        path => printable(&path),
    }
}

pub(crate) fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        let texts = [7, 1_000, 9_996, 999_600, 1_234_567, 61_000_000_000]
            .map(|ns| duration(Duration::from_nanos(ns)));
        assert_eq!(
            texts,
            ["7 ns", "1.00 µs", "10.0 µs", "1.00 ms", "1.23 ms", "61.0 s"]
        );
    }

    #[test]
    fn counts_have_commas() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn nothing_reaches_the_terminal_as_a_command() {
        assert_eq!(printable("a\u{1b}[31m\n"), "a\u{fffd}[31m\u{fffd}");
    }
}
