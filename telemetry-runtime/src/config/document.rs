//! The documented file and the list of variables, printed from the tables.

use std::fmt::Write;

use super::keys::{Key, TABLE};
use super::kind::Kind;
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

fn entry(text: &mut String, key: &Key) {
    const WIDTH: usize = 96;
    let mut notes = Vec::new();
    if !matches!(
        key.kind,
        Kind::Text
            | Kind::Flag
            | Kind::Rules
            | Kind::Attributes
            | Kind::Limits
            | Kind::Headers
            | Kind::File
            | Kind::Address
    ) {
        notes.push(key.kind.to_string());
    }
    if let Some(feature) = key.feature {
        notes.push(format!("cargo feature {feature}"));
    }
    if key.reloads && !key.idle {
        notes.push("can be changed while running".to_owned());
    }
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join("; "))
    };
    let mut line = String::from("  #");
    for word in format!("{}{notes}.", key.doc).split(' ') {
        if line.chars().count() + word.chars().count() >= WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("  #");
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(text, "{line}");
    let _ = writeln!(
        text,
        "{}",
        format!("  {}: {}", key.name, key.default).trim_end()
    );
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
