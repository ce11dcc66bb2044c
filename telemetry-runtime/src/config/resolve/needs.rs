//! Keys that this build can do nothing with.

use super::Resolver;
use crate::config::fault::Fault;
use crate::config::features;
use crate::config::keys::{self, Key};
use crate::config::layers::{Setting, Typed};

impl Resolver<'_> {
    /// A fault for each key that asks for a missing feature.
    pub(super) fn needs(&mut self) {
        if !self.enabled {
            return;
        }
        for key in keys::all() {
            let Some(setting) = self.asks(key) else {
                continue;
            };
            let feature = match &setting.value {
                Typed::Names(names) if names.iter().any(|name| BY_VALUE.contains(name)) => {
                    names.first().copied()
                }
                Typed::Names(names) if names.contains(&"drifting") => Some("drift"),
                _ => key.feature.or_else(|| keys::find(key.switch?)?.feature),
            };
            if let Some(feature) = feature.filter(|feature| !features::has(feature)) {
                let text = features::missing("this", feature);
                self.faults.push(Fault::new(&setting.place, key.name, text));
            }
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
}

/// Values of `otlp_client`, `loki_client` and `store` that have the name of the feature they need.
const BY_VALUE: [&str; 4] = ["opentelemetry-otlp", "tracing-loki", "sqlite", "postgres"];

fn is_something(value: &Typed) -> bool {
    match value {
        Typed::Flag(flag) => *flag,
        Typed::Names(names) => names.iter().any(|name| *name != "none"),
        Typed::Headers(headers) => !headers.is_empty(),
        _ => true,
    }
}
