//! What is wrong with a configuration, and the words for it.

use std::fmt;

use super::node::{Content, Node, Origin, Place};

/// More faults than a person reads at once.
pub(crate) const MOST_FAULTS: usize = 100;

/// One fault: where, which key, what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    /// The key's path below `telemetry:`; empty where no key is to blame.
    pub(crate) key: String,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(place: &Place, key: &str, text: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            key: key.to_owned(),
            text: text.into(),
        }
    }

    /// The usual one: a value that its key cannot have.
    pub(crate) fn value(node: &Node, key: &str, allowed: impl fmt::Display) -> Self {
        Self::new(
            &node.place,
            key,
            format!("found {}, allowed: {allowed}", found(node)),
        )
    }

    /// A key that nothing knows, with the one that was probably meant.
    pub(crate) fn unknown<'a>(
        place: &Place,
        key: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let nearest =
            nearest(name, known).map_or_else(String::new, |known| format!("; nearest: {known}"));
        Self::new(place, key, format!("unknown key{nearest}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            let section = if matches!(self.place.origin, Origin::File(_)) {
                "telemetry."
            } else {
                ""
            };
            write!(f, "{section}{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

/// A key below another one: `tools."rag_*"`, `tls.ca_file`.
pub(crate) fn path(parent: &str, key: &str) -> String {
    let key = short(key);
    if !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    {
        format!("{parent}.{key}")
    } else {
        format!("{parent}.{key:?}")
    }
}

/// A key's own text, not longer than a line can bear and without control characters.
pub(crate) fn short(key: &str) -> String {
    const LONGEST: usize = 60;
    let mut text: String = key
        .chars()
        .take(LONGEST)
        .filter(|c| !c.is_control())
        .collect();
    if key.chars().count() > LONGEST {
        text.push('…');
    }
    text
}

/// What stands there: the value only where it cannot be a secret, else its kind.
pub(crate) fn found(node: &Node) -> String {
    match &node.content {
        Content::List(_) => "a list".into(),
        Content::Map(_) => "a map".into(),
        Content::Tagged(tag) => format!("the tag {}", short(tag)),
        Content::Scalar { .. } if node.is_nothing() => "nothing".into(),
        Content::Scalar { text, plain } => {
            let number = *plain && number(text).is_some();
            match (node.hidden, number) {
                (true, true) => "a number".into(),
                (false, true) => text.clone(),
                (false, false) if *plain && is_word(text) => text.clone(),
                (false, false) if !*plain => "a text in quotes".into(),
                _ => "a text".into(),
            }
        }
    }
}

/// Looks like the name of something and is too short for a key.
fn is_word(text: &str) -> bool {
    text.len() <= 16
        && text
            .chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '/'))
}

/// A plain scalar as a number, as YAML 1.1 and 1.2 write decimal ones.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let made_of = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_');
    if text.len() > 40 || !starts || !text.chars().all(made_of) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// The known name that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('-', "_");
    let known: Vec<&str> = known.collect();
    let near = known
        .iter()
        .map(|known| (distance(&name, known), *known))
        .min();
    let tolerated = (name.len() / 4).clamp(1, 3);
    near.filter(|(distance, _)| *distance <= tolerated)
        .map(|(_, known)| known)
        .or_else(|| {
            let is_part = |known: &&str| known.ends_with(&name) || known.starts_with(&name);
            known
                .iter()
                .copied()
                .filter(|_| name.len() >= 5)
                .find(is_part)
        })
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let differs = usize::from(left[i - 1] != right[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + differs);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_the_edits() {
        for (left, right, edits) in [
            ("", "", 0),
            ("a", "", 1),
            ("otlp", "otpl", 1),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn nearest_is_near_or_nothing() {
        let known = [
            "traces_exporter",
            "traces_enabled",
            "metrics_exporter",
            "watch",
        ];
        let nearest = |name| nearest(name, known.into_iter());
        assert_eq!(nearest("trace_exporter"), Some("traces_exporter"));
        assert_eq!(nearest("Traces-Exporter"), Some("traces_exporter"));
        assert_eq!(nearest("whatever"), None);
        assert_eq!(nearest("enabled"), Some("traces_enabled"));
        assert_eq!(nearest(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn numbers_are_decimal_ones() {
        assert_eq!(number("30_000"), Some(30_000.0));
        assert_eq!(number("-1e3"), Some(-1000.0));
        assert_eq!(number(".5"), Some(0.5));
        for text in ["inf", "nan", "0x10", "e5", "", "-", "1.2.3", "12 "] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_could_be_a_secret_is_not_shown() {
        let place = Place::file("telemetry.yaml");
        assert_eq!(found(&Node::plain("otpl", place.clone())), "otpl");
        assert_eq!(found(&Node::plain("2", place.clone())), "2");
        assert_eq!(found(&Node::plain("glsa_9aB3", place.clone())), "a text");
        assert_eq!(
            found(&Node::plain("averylongwordthatcouldbeakey", place)),
            "a text"
        );
        assert_eq!(
            found(&Node::plain("word", Place::variable("TELEMETRY_X"))),
            "a text"
        );
    }
}
