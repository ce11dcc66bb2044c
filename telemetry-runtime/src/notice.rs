//! What a person at the terminal should know: one line each, on standard error.

use std::io::Write;

/// Writes `telemetry: <text>`. Nobody may be reading: a closed standard error is no error.
pub(crate) fn notice(text: &str) {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = "telemetry: "
        .chars()
        .chain(printable)
        .chain(['\n'])
        .collect();
    // In one piece: standard error is not buffered, and others write to it too.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
