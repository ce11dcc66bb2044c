//! What a person at the terminal should know: one line each, on standard error.

use std::io::Write;

/// Writes `telemetry: <text>`. Nobody may be reading: a closed standard error is no error.
pub(crate) fn notice(text: &str) {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let _ = writeln!(std::io::stderr().lock(), "telemetry: {line}");
}
