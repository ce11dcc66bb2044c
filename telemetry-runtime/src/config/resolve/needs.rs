//! Keys that this build, or this release, can do nothing with.

use super::Resolver;
use crate::config::fault::Fault;
use crate::config::features;
use crate::config::keys::{self, Key};
use crate::config::layers::{Setting, Typed};

impl Resolver<'_> {
    /// A fault for each key that asks for a missing feature, one notice for all without effect.
    pub(super) fn needs(&mut self) {
        if !self.enabled {
            return;
        }
        let mut idle = Vec::new();
        for key in keys::all() {
            let Some(setting) = self.asks(key) else {
                continue;
            };
            let feature = match &setting.value {
                Typed::Names(names) if names.iter().any(|name| BY_VALUE.contains(name)) => {
                    names.first().copied()
                }
                _ => key.feature.or_else(|| keys::find(key.switch?)?.feature),
            };
            match feature.filter(|feature| !features::has(feature)) {
                Some(feature) => {
                    let text = features::missing("this", feature);
                    self.faults.push(Fault::new(&setting.place, key.name, text));
                }
                None if key.idle || self.is_idle_label(key) => idle.push(key.name),
                None => {}
            }
        }
        if !idle.is_empty() {
            self.notices.push(format!(
                "understood, but without effect in this release: {}",
                idle.join(", ")
            ));
        }
    }

    /// What somebody said of a key, where it asks for something and its part is not off.
    fn asks(&self, key: &Key) -> Option<&Setting> {
        let off = |switch| self.layers.is_said(switch) && !self.layers.flag(switch);
        if key.switch.is_some_and(off) {
            return None;
        }
        let said = self
            .layers
            .said()
            .filter(|setting| setting.key.name == key.name);
        said.last().filter(|setting| is_something(&setting.value))
    }

    /// Labels other than those that the resource gets too.
    fn is_idle_label(&self, key: &Key) -> bool {
        key.name == "loki_labels"
            && self.layers.entries(key.name).iter().any(|setting| {
                !matches!(
                    setting.entry.as_deref(),
                    Some("application" | "environment")
                )
            })
    }
}

/// Values of `otlp_client` and `store` that have the name of the feature they need.
const BY_VALUE: [&str; 3] = ["opentelemetry-otlp", "sqlite", "postgres"];

fn is_something(value: &Typed) -> bool {
    match value {
        Typed::Flag(flag) => *flag,
        Typed::Names(names) => names.iter().any(|name| *name != "none"),
        Typed::Headers(headers) => !headers.is_empty(),
        _ => true,
    }
}
