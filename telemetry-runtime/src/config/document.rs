//! The documented file and the list of variables, printed from the tables.

use std::fmt::Write;

use super::keys::{Key, TABLE};
use super::otel::VARIABLES;

/// A `telemetry.yaml` with every key at its default and what it means.
pub(crate) fn documented_file() -> String {
    let mut text = String::from("telemetry:\n");
    for (index, section) in TABLE.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}  # --- {} ---", section.title);
        for key in section.keys {
            entry(&mut text, key);
        }
    }
    text
}

/// What a key means, in a paragraph, and its default.
fn entry(text: &mut String, key: &Key) {
    const WIDTH: usize = 96;
    let range = key
        .kind
        .range()
        .map(|range| format!(" ({range})"))
        .unwrap_or_default();
    let reloads = if key.reloads {
        " Can be changed while running."
    } else {
        ""
    };
    let mut line = String::from("  #");
    for word in format!("{}{range}.{reloads}", key.doc).split(' ') {
        if line.chars().count() + word.chars().count() >= WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("  #");
        }
        let _ = write!(line, " {word}");
    }
    let setting = format!("  {}: {}", key.name, key.default);
    let _ = writeln!(text, "{line}\n{}", setting.trim_end());
}

/// OpenTelemetry's variables with the keys they say, a Markdown table.
pub(crate) fn documented_variables() -> String {
    let mut text = String::from("| variable | key |\n|---|---|\n");
    for variable in VARIABLES {
        let keys: Vec<String> = variable.keys.iter().map(|key| format!("`{key}`")).collect();
        let _ = writeln!(text, "| `{}` | {} |", variable.name, keys.join(", "));
    }
    text
}
