//! The tools, a line each.

use std::fmt::Write as _;

use telemetry_runtime::ToolStatistics;

use super::super::units::{count, duration, percent, printable};
use super::style::Style;
use super::time::OwnTime;

/// Tools are named by extensions too, of which a directory can have many.
const MOST: usize = 30;
const BAR: usize = 20;

pub(crate) fn text(tools: &[ToolStatistics], own: &OwnTime<'_>, style: &Style) -> String {
    let mut tools: Vec<_> = tools.iter().collect();
    let share = |tool: &ToolStatistics| own.share(&tool.name).unwrap_or_default();
    tools.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.total.cmp(&a.total)));
    let shown = &tools[..tools.len().min(MOST)];
    let width = shown
        .iter()
        .map(|tool| tool.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(4);

    let mut text = style.dim(&format!(
        "  {:<width$}  {:>7}  {:>6}  {:>8}  {:>8}  {:>8}  {:>7}",
        "tool", "calls", "errors", "p50", "p95", "p99", "share",
    ));
    text.push('\n');
    for tool in shown {
        let errors = format!("{:>6}", count(tool.errors));
        let errors = if tool.errors > 0 {
            style.red(&errors)
        } else {
            errors
        };
        let (share, bar) = own.share(&tool.name).map_or_else(
            || ("–".to_owned(), String::new()),
            |share| {
                (
                    percent(share),
                    "█".repeat((share * BAR as f64).round() as usize),
                )
            },
        );
        let line = format!(
            "  {:<width$}  {:>7}  {errors}  {:>8}  {:>8}  {:>8}  {share:>7}  {bar}",
            printable(&tool.name),
            count(tool.calls),
            duration(tool.p50),
            duration(tool.p95),
            duration(tool.p99),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if tools.len() > MOST {
        let _ = writeln!(text, "  … and {} tools more", tools.len() - MOST);
    }
    if own.is_known() {
        let note =
            "  share: of the time of all calls, each without the calls inside it, waiting included";
        let _ = writeln!(text, "{}", style.dim(note));
    }
    text
}
