//! Emphasis, where the reader is a terminal.

use std::io::{IsTerminal as _, stdout};

use super::super::agent::Progress;
use super::super::units;

/// Whether to use colours at all.
pub(crate) struct Style {
    is_plain: bool,
}

impl Style {
    /// Colours on a terminal only, and not with `NO_COLOR` (https://no-color.org).
    pub(crate) fn of_terminal() -> Self {
        let says = |name: &str, value: fn(&str) -> bool| {
            std::env::var_os(name).is_some_and(|it| value(&it.to_string_lossy()))
        };
        Self {
            is_plain: !stdout().is_terminal()
                || says("NO_COLOR", |value| !value.is_empty())
                || says("TERM", |value| value == "dumb"),
        }
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { is_plain: true }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn red(&self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// The line of a pass that is done.
    pub(crate) fn progress(&self, progress: &Progress) -> String {
        let Progress { pass, result, took } = progress;
        let took = units::duration(*took);
        format!(
            "{}  {took:>8}  {result}\n",
            self.bold(&format!("{pass:<9}"))
        )
    }

    fn wrap(&self, code: &str, text: &str) -> String {
        match self.is_plain || text.is_empty() {
            true => text.to_owned(),
            false => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}
