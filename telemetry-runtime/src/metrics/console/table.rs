//! Points as a table for people.

use super::points::{Other, Points, Tool};
use crate::export::attributes::text;
use crate::export::console::{Style, duration, escaped, quoted, time};

const COLUMNS: [&str; 10] = [
    "tool", "calls", "errors", "slow", "active", "mean", "p50", "p95", "p99", "max",
];

/// The tools by name, a row each, then the other metrics, a line each.
pub(super) fn of(points: &Points, style: Style) -> String {
    let mut out = String::new();
    let since = if points.delta {
        ", since the last export"
    } else {
        ""
    };
    let title = format!("metrics {}{since}", time(points.time));
    out.push_str(&style.dim(&title));
    out.push('\n');
    if !points.tools.is_empty() {
        table(&mut out, points, style);
    }
    for ((name, _), other) in &points.others {
        out.push_str(&line(name, other));
    }
    out
}

fn table(out: &mut String, points: &Points, style: Style) {
    let head = COLUMNS.map(str::to_owned);
    let rows: Vec<_> = points
        .tools
        .iter()
        .map(|(name, tool)| row(name, tool))
        .collect();
    let mut widths = [0; COLUMNS.len()];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    out.push_str(&style.bold(&aligned(&head, &widths)));
    out.push('\n');
    for (row, tool) in rows.iter().zip(points.tools.values()) {
        let row = aligned(row, &widths);
        out.push_str(&match (tool.errors.value, tool.slow.value) {
            (1.., _) => style.red(&row),
            (_, 1..) => style.yellow(&row),
            _ => row,
        });
        out.push('\n');
    }
}

fn row(name: &str, tool: &Tool) -> [String; COLUMNS.len()] {
    let durations = &tool.durations;
    let shown = |milliseconds: Option<f64>| {
        milliseconds.map_or("-".to_owned(), |value| duration(value * 1e6))
    };
    [
        escaped(name),
        grouped(tool.calls.value),
        grouped(tool.errors.value),
        grouped(tool.slow.value),
        grouped(tool.active.value),
        shown(durations.mean()),
        shown(durations.quantile(0.5)),
        shown(durations.quantile(0.95)),
        shown(durations.quantile(0.99)),
        shown(durations.max()),
    ]
}

/// The first column to the left, the others to the right.
fn aligned(row: &[String; COLUMNS.len()], widths: &[usize; COLUMNS.len()]) -> String {
    let mut out = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        let filled = if column == 0 {
            format!("{cell:<width$}")
        } else {
            format!("  {cell:>width$}")
        };
        out.push_str(&filled);
    }
    out
}

/// `1234567` as `1,234,567`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `name{key="value"} 3`
fn line(name: &str, other: &Other) -> String {
    let mut line = escaped(name);
    if !other.attributes.is_empty() {
        let pairs: Vec<_> = other
            .attributes
            .iter()
            .map(|attribute| {
                format!(
                    "{}={}",
                    escaped(&attribute.key),
                    quoted(&text(attribute.value.as_ref()))
                )
            })
            .collect();
        line.push_str(&format!("{{{}}}", pairs.join(",")));
    }
    match other.values.as_slice() {
        [(_, value)] => line.push_str(&format!(" {}", plain(value))),
        values => {
            for (name, value) in values {
                line.push_str(&format!(" {name}={}", plain(value)));
            }
        }
    }
    if !other.unit.is_empty() {
        line.push_str(&format!(" {}", escaped(&other.unit)));
    }
    line.push('\n');
    line
}

fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
