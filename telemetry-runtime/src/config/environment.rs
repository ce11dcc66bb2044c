//! The variables a configuration is made with: the process's, or a test's own.

use std::collections::BTreeMap;

/// Names and values as they were when it was made. No `Debug`: there are secrets in it.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, Option<String>>);

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held<'a> {
    Unset,
    Text(&'a str),
    /// Bytes that are not UTF-8.
    Bytes,
}

impl Environment {
    /// The process's own. Variables whose name is not UTF-8 are nobody's here.
    pub(crate) fn of_process() -> Self {
        let pairs = std::env::vars_os();
        Self(
            pairs
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()))
                })
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Held<'_> {
        match self.0.get(name) {
            None => Held::Unset,
            Some(None) => Held::Bytes,
            Some(Some(value)) => Held::Text(value),
        }
    }

    /// A variable's text. Empty counts as unset, as OpenTelemetry's specification wants.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Held::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    /// The names that begin with `prefix`, sorted.
    pub(crate) fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with(prefix))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                .into(),
        )
    }
}

#[cfg(test)]
impl Environment {
    /// With one more variable, whose bytes are not UTF-8.
    pub(crate) fn with_bytes(mut self, name: &str) -> Self {
        self.0.insert(name.to_owned(), None);
        self
    }
}
