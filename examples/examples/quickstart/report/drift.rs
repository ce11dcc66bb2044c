//! What the drift detector has told, in its own words.

use std::fmt::Write as _;

use telemetry_runtime::drift::{DriftType, Event, Severity, Status};

use super::super::units::{count, printable};
use super::style::Style;

const SHOWN: usize = 6;

/// Changes and returns, oldest first; single slow calls only by their number.
pub(super) fn text(newest_first: &[Event], style: &Style) -> String {
    let (single, changes): (Vec<&Event>, Vec<&Event>) = newest_first
        .iter()
        .rev()
        .partition(|event| event.drift_type == DriftType::Anomaly);
    let mut text = String::new();
    for event in changes.iter().take(SHOWN) {
        let mark = format!("{:<9}", event.status.as_str());
        let begun = event.status == Status::Drifted && event.severity >= Severity::High;
        let mark = if begun { style.red(&mark) } else { mark };
        let _ = writeln!(text, "  {mark}  {}", printable(&event.description));
    }
    let more = changes.len().saturating_sub(SHOWN);
    for (number, what) in [
        (more, "further changes"),
        (single.len(), "single calls or bursts of a few"),
    ] {
        if number > 0 {
            let _ = writeln!(text, "  and {} {what}", count(number as u64));
        }
    }
    text
}
