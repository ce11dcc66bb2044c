//! Labels as both formats write them.

use std::collections::BTreeMap;

/// Appends `name="value"`, after a comma where something stands before it.
pub(super) fn push(labels: &mut String, name: &str, value: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.push_str(name);
    labels.push_str("=\"");
    for character in value.chars() {
        match character {
            '\\' => labels.push_str("\\\\"),
            '"' => labels.push_str("\\\""),
            '\n' => labels.push_str("\\n"),
            other => labels.push(other),
        }
    }
    labels.push('"');
}

/// The labels of attributes with names of their own: those that become the same label
/// share it, values joined by `;` in the order of the names, as OpenTelemetry asks for.
pub(super) fn of<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<&str, &str> = attributes.into_iter().collect();
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in sorted.into_iter().filter(|(key, _)| !key.is_empty()) {
        joined
            .entry(name(key))
            .and_modify(|values| {
                values.push(';');
                values.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    let mut labels = String::new();
    for (name, value) in &joined {
        push(&mut labels, name, value);
    }
    labels
}

/// A name of letters, digits and single underscores that does not begin with a digit,
/// nor with two underscores, which Prometheus keeps for itself.
pub(super) fn name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    if key.starts_with(|first: char| first.is_ascii_digit()) {
        name.push_str("key_");
    }
    for character in key.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name
}
