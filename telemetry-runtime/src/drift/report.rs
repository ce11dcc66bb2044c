//! A report for people and programs: events and baselines in one file.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::{BaselineStats, Event};
use crate::error::Error;
use crate::rfc3339;

/// Events, newest first, and what is normal for each tool.
///
/// ```
/// use std::time::SystemTime;
/// use telemetry_runtime::drift::DriftReport;
///
/// let report = DriftReport { created: SystemTime::UNIX_EPOCH, events: vec![], baselines: vec![] };
/// assert!(report.to_markdown().starts_with("# Drift report\n"));
/// assert_eq!(report.to_json()["created"], "1970-01-01T00:00:00Z");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DriftReport {
    /// When it was made.
    pub created: SystemTime,
    /// The events to be told.
    pub events: Vec<Event>,
    /// What is normal, by tool.
    pub baselines: Vec<(String, BaselineStats)>,
}

impl DriftReport {
    /// `created`, `events` as [`Event::to_json`] gives them, and `baselines` by tool.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let baselines: Map<String, Value> = self
            .baselines
            .iter()
            .map(|(tool, stats)| (tool.clone(), baseline(stats)))
            .collect();
        json!({
            "created": rfc3339::exact(self.created),
            "events": self.events.iter().map(Event::to_json).collect::<Vec<_>>(),
            "baselines": baselines,
        })
    }

    /// Two tables.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "# Drift report\n\n{}: {}, {}.\n",
            rfc3339::exact(self.created),
            several(self.events.len(), "event"),
            several(self.baselines.len(), "tool"),
        );
        if !self.events.is_empty() {
            text.push_str("\n## Events\n\n| time | tool | type | severity | status | what |\n|---|---|---|---|---|---|\n");
        }
        for event in &self.events {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                rfc3339::exact(event.timestamp),
                cell(&event.tool_name),
                event.drift_type,
                event.severity,
                event.status,
                cell(&event.description),
            );
        }
        if !self.baselines.is_empty() {
            text.push_str("\n## What is normal\n\nDurations in milliseconds.\n\n| tool | calls | p50 | p95 | p99 | mean | std | calls/s | errors |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        }
        for (tool, stats) in &self.baselines {
            let rate = stats
                .calls_per_second
                .map_or_else(|| "–".to_owned(), significant);
            let [p50, p95, p99] = [stats.p50_ms, stats.p95_ms, stats.p99_ms].map(significant);
            let [mean, std] = [stats.mean_ms, stats.std_ms].map(significant);
            let _ = writeln!(
                text,
                "| {} | {} | {p50} | {p95} | {p99} | {mean} | {std} | {rate} | {:.2} % |",
                cell(tool),
                stats.samples,
                100.0 * stats.error_ratio,
            );
        }
        text
    }

    /// Writes it into a file: JSON where the name ends in `.json`, Markdown where it ends in `.md`.
    ///
    /// # Errors
    ///
    /// [`Error::is_report`]: the name ends otherwise, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        let text = match extension.as_str() {
            "json" => format!("{:#}\n", self.to_json()),
            "md" => self.to_markdown(),
            "" => return Err(Error::report(path, "found no extension, allowed: json, md")),
            other => {
                let why = format!("found the extension {other}, allowed: json, md");
                return Err(Error::report(path, why));
            }
        };
        std::fs::write(path, text).map_err(|why| Error::report(path, why))
    }
}

fn baseline(stats: &BaselineStats) -> Value {
    json!({
        "samples": stats.samples,
        "mean_ms": stats.mean_ms,
        "std_ms": stats.std_ms,
        "p50_ms": stats.p50_ms,
        "p95_ms": stats.p95_ms,
        "p99_ms": stats.p99_ms,
        "calls_per_second": stats.calls_per_second,
        "error_ratio": stats.error_ratio,
        "last_updated": rfc3339::exact(stats.last_updated),
    })
}

/// A text that stays in its cell of a table.
fn cell(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '|' => vec!['\\', '|'],
            c if c.is_control() => vec![' '],
            c => vec![c],
        })
        .collect()
}

/// Three digits that count.
fn significant(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let before = number.abs().log10().floor() as i32 + 1;
    let after = usize::try_from(3 - before).unwrap_or(0);
    format!("{number:.after$}")
}

fn several(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn report() -> DriftReport {
        let stats = BaselineStats {
            samples: 1200,
            mean_ms: 33.333,
            std_ms: 0.012_34,
            p50_ms: 1234.5,
            p95_ms: 2.0,
            p99_ms: 3.0,
            calls_per_second: None,
            error_ratio: 0.005,
            last_updated: UNIX_EPOCH + Duration::from_secs(60),
        };
        DriftReport {
            created: UNIX_EPOCH,
            events: Vec::new(),
            baselines: vec![("a|b\n".to_owned(), stats)],
        }
    }

    #[test]
    fn tables() {
        let text = report().to_markdown();
        assert!(
            text.contains("1970-01-01T00:00:00Z: 0 events, 1 tool.\n"),
            "{text}"
        );
        let line = "| a\\|b  | 1200 | 1234 | 2.00 | 3.00 | 33.3 | 0.0123 | – | 0.50 % |\n";
        assert!(text.ends_with(line), "{text}");
    }

    #[test]
    fn the_extension_says_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.JSON");
        report().write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["baselines"]["a|b\n"]["samples"], 1200);
        assert_eq!(json["baselines"]["a|b\n"]["calls_per_second"], Value::Null);
        for (name, part) in [
            ("report", "found no extension"),
            ("report.pdf", "found the extension pdf"),
            ("none/report.md", "No such file"),
        ] {
            let error = report().write(&folder.path().join(name)).unwrap_err();
            assert!(error.is_report(), "{name}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
