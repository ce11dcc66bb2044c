//! Texts for a terminal: escaped, short, coloured.

use serde_json::Value;

/// Characters of a value that are shown.
const MAX_CHARACTERS: usize = 200;

/// `text` without what a terminal would obey: control characters, marks that turn the
/// direction of writing and the like as escapes.
pub(crate) fn escaped(text: &str) -> String {
    escaped_up_to(MAX_CHARACTERS, text)
}

/// The same of a text as long as it is.
pub(crate) fn escaped_whole(text: &str) -> String {
    escaped_up_to(usize::MAX, text)
}

fn escaped_up_to(longest: usize, text: &str) -> String {
    let mut escaped = String::with_capacity(text.len().min(longest));
    for (position, character) in text.chars().enumerate() {
        match character {
            _ if position == longest => {
                escaped.push('…');
                break;
            }
            '\\' => escaped.push_str("\\\\"),
            '\n' | '\r' | '\t' => escaped.extend(character.escape_default()),
            _ if is_obeyed(character) => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Control characters, and the invisible ones that move or hide what stands around them.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The same in quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\\\""))
}

/// One object a line, fields in the order given. Characters that JSON leaves alone and a
/// terminal may obey are escaped too.
pub(crate) fn line(fields: &[(&str, Value)]) -> String {
    let mut line = String::from("{");
    for (name, value) in fields {
        if line.len() > 1 {
            line.push(',');
        }
        push_json(&mut line, &Value::from(*name));
        line.push(':');
        push_json(&mut line, value);
    }
    line.push_str("}\n");
    line
}

fn push_json(line: &mut String, value: &Value) {
    for character in value.to_string().chars() {
        match character {
            '\u{7f}'..='\u{9f}' => line.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => line.push(other),
        }
    }
}

/// A duration with three digits: `250ns`, `12.3ms`, `2m05s`.
pub(crate) fn duration(nanoseconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
    if !nanoseconds.is_finite() {
        return "-".to_owned();
    }
    if nanoseconds >= 60e9 {
        let seconds = (nanoseconds / 1e9).round();
        return format!("{}m{:02}s", (seconds / 60.0).floor(), seconds % 60.0);
    }
    // What rounds to 1000 is 1 of the next unit.
    let (unit, name) = UNITS
        .into_iter()
        .find(|(unit, _)| nanoseconds / unit < 999.5)
        .unwrap_or((1e9, "s"));
    let value = nanoseconds / unit;
    match value {
        _ if unit == 1.0 => format!("{value:.0}{name}"),
        ..9.995 => format!("{value:.2}{name}"),
        ..99.95 => format!("{value:.1}{name}"),
        _ => format!("{value:.0}{name}"),
    }
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Colours,
}

impl Style {
    pub(crate) fn bold(self, text: &str) -> String {
        self.painted("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.painted("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.painted("31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.painted("33", text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colours => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (nanoseconds, text) in [
            (0.0, "0ns"),
            (250.0, "250ns"),
            (999.6, "1.00µs"),
            (12_345.0, "12.3µs"),
            (99_960.0, "100µs"),
            (1_234_567.0, "1.23ms"),
            (999_600_000.0, "1.00s"),
            (59_940_000_000.0, "59.9s"),
            (125e9, "2m05s"),
            (119.9e9, "2m00s"),
            (7200e9, "120m00s"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
    }

    #[test]
    fn nothing_is_left_for_a_terminal_to_obey() {
        assert_eq!(
            escaped("\"a\"\n\u{1b}[31m\u{9b}31m\u{202e}\\"),
            r#""a"\n\u{1b}[31m\u{9b}31m\u{202e}\\"#
        );
        assert_eq!(quoted("say \"hi\"\r"), r#""say \"hi\"\r""#);
        assert_eq!(escaped("größe 🦀 e\u{301}"), "größe 🦀 e\u{301}");
        assert_eq!(
            line(&[("a", "\u{1b}\u{9b}\n".into())]),
            "{\"a\":\"\\u001b\\u009b\\n\"}\n"
        );
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(
            quoted(&"ü".repeat(201)),
            format!("\"{}…\"", "ü".repeat(200))
        );
        assert_eq!(escaped(&"x".repeat(200)), "x".repeat(200));
    }
}
