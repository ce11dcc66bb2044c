//! Loki: its labels, and what Loki would refuse of them.

use std::collections::BTreeMap;

use super::{Resolver, count, resource};
use crate::config::fault::Fault;
use crate::config::settings::{Loki, LokiClient};
use crate::names::resource::{APPLICATION, ENVIRONMENT};

/// What a stream may have in Loki by default, less those that every line has.
const MOST_LABELS: usize = 11;

impl Resolver<'_> {
    pub(super) fn loki(&mut self, resource: &BTreeMap<String, String>, active: bool) -> Loki {
        if active {
            self.labels();
        }
        let of_resource = |name| resource.get(name).cloned().unwrap_or_default();
        Loki {
            backend: self.loki_backend(active),
            application: of_resource(APPLICATION),
            environment: of_resource(ENVIRONMENT),
            labels: resource::entries(self.layers, "loki_labels"),
            max_streams: count(self.layers, "loki_max_streams"),
            max_line_bytes: count(self.layers, "loki_max_line_bytes"),
            client: match self.layers.choice("loki_client") {
                "tracing-loki" => LokiClient::TracingLoki,
                _ => LokiClient::Builtin,
            },
        }
    }

    fn labels(&mut self) {
        let labels = self.layers.entries("loki_labels");
        for setting in &labels {
            let name = setting.entry.as_deref().unwrap_or_default();
            if !is_label(name) {
                self.faults.push(Fault::new(
                    &setting.place,
                    &format!("loki_labels.{name}"),
                    "found a name that Loki does not take for a label, allowed: letters, digits \
                     and _, no digit at the beginning, no two _",
                ));
            }
        }
        if let Some(setting) = labels.get(MOST_LABELS) {
            self.faults.push(Fault::new(
                &setting.place,
                "loki_labels",
                format!(
                    "found {} labels, allowed: {MOST_LABELS}, since Loki takes 15 and application, \
                     environment, level, tool_name are four",
                    labels.len()
                ),
            ));
        }
    }
}

fn is_label(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    begins && goes_on && !name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_labels_as_loki_has_them() {
        for name in ["application", "_a1", "A", "service"] {
            assert!(is_label(name), "{name}");
        }
        for name in ["", "1a", "a-b", "a.b", "ä", "__name", "a b"] {
            assert!(!is_label(name), "{name}");
        }
    }
}
