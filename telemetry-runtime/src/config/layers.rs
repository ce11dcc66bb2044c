//! Checked values from all origins, the stronger over the weaker.

use std::collections::HashMap;

use super::keys::Key;
use super::node::{Origin, Place};
use super::settings::ToolRule;

/// One checked value, or one entry of a map.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) key: &'static Key,
    /// Of a map: which entry. `None` in a map is the empty map.
    pub(crate) entry: Option<String>,
    pub(crate) value: Typed,
    pub(crate) place: Place,
    pub(crate) layer: Layer,
    /// Whom it concerns; what OpenTelemetry's variables say is for some only.
    pub(crate) scope: Scope,
}

/// A value in the type of its key's kind.
#[derive(Clone, PartialEq)]
pub(crate) enum Typed {
    Flag(bool),
    Text(String),
    Names(Vec<&'static str>),
    Number(f64),
    Integer(u64),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
    Headers(Vec<(String, String)>),
    Rule(ToolRule),
}

/// Weakest first. Of two settings in one layer the later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// What the table says.
    Default,
    /// What replaces the table where there is no file.
    Situation,
    File,
    OpenTelemetry,
    Variable,
    Builder,
}

/// The destinations that a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    /// `OTEL_EXPORTER_OTLP_…`
    Otlp,
    OtlpTraces,
    OtlpMetrics,
    OtlpLogs,
    Loki,
    Zipkin,
}

impl Scope {
    /// Whether a setting of this scope speaks to `destination`.
    pub(crate) fn covers(self, destination: Self) -> bool {
        self == Self::All
            || self == destination
            || (self == Self::Otlp
                && matches!(
                    destination,
                    Self::OtlpTraces | Self::OtlpMetrics | Self::OtlpLogs
                ))
    }
}

impl Layer {
    /// The layer of what an origin says under its own name.
    pub(crate) fn of(origin: &Origin) -> Self {
        match origin {
            Origin::Default => Self::Default,
            Origin::File(_) => Self::File,
            Origin::Variable(_) => Self::Variable,
            Origin::Builder => Self::Builder,
        }
    }
}

/// All settings, weakest first.
#[derive(Clone)]
pub(crate) struct Layers(Vec<Setting>);

impl Layers {
    pub(crate) fn new(mut settings: Vec<Setting>) -> Self {
        settings.sort_by_key(|setting| setting.layer);
        Self(settings)
    }

    /// What follows from the others, where nobody has said it.
    pub(crate) fn add(&mut self, settings: Vec<Setting>) {
        self.0.extend(settings);
        self.0.sort_by_key(|setting| setting.layer);
    }

    /// The strongest setting of a key, or of a map's entry, for one destination.
    pub(crate) fn top_for(
        &self,
        name: &str,
        entry: Option<&str>,
        destination: Scope,
    ) -> Option<&Setting> {
        self.all_for(name, destination)
            .find(|setting| setting.entry.as_deref() == entry)
    }

    /// All that is said of a key to one destination, the strongest first.
    pub(crate) fn all_for<'a>(
        &'a self,
        name: &str,
        destination: Scope,
    ) -> impl Iterator<Item = &'a Setting> {
        self.0
            .iter()
            .rev()
            .filter(move |setting| setting.key.name == name && setting.scope.covers(destination))
    }

    pub(crate) fn top(&self, name: &str) -> Option<&Setting> {
        self.0
            .iter()
            .rev()
            .find(|setting| setting.key.name == name && setting.entry.is_none())
    }

    /// The entries of a map, each once for each scope, in the order in which they were first said.
    pub(crate) fn entries(&self, name: &str) -> Vec<&Setting> {
        let mut entries: Vec<&Setting> = Vec::new();
        let mut places = HashMap::new();
        for setting in self.0.iter().filter(|setting| setting.key.name == name) {
            let Some(entry) = &setting.entry else {
                continue;
            };
            let place = *places
                .entry((entry, setting.scope))
                .or_insert(entries.len());
            match entries.get_mut(place) {
                Some(weaker) => *weaker = setting,
                None => entries.push(setting),
            }
        }
        entries
    }

    /// All that somebody said, not what the table or the situation says.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Setting> {
        self.0
            .iter()
            .filter(|setting| setting.layer > Layer::Situation)
    }

    pub(crate) fn is_said(&self, name: &str) -> bool {
        self.said().any(|setting| setting.key.name == name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.value(name), Some(Typed::Flag(true)))
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        match self.value(name) {
            Some(Typed::Number(number)) => *number,
            _ => 0.0,
        }
    }

    pub(crate) fn integer(&self, name: &str) -> u64 {
        match self.value(name) {
            Some(Typed::Integer(number)) => *number,
            _ => 0,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Some(Typed::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The names of a choice or of several.
    pub(crate) fn names(&self, name: &str) -> &[&'static str] {
        match self.value(name) {
            Some(Typed::Names(names)) => names,
            _ => &[],
        }
    }

    pub(crate) fn choice(&self, name: &str) -> &'static str {
        self.names(name).first().copied().unwrap_or_default()
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Typed> {
        self.top(name).map(|setting| &setting.value)
    }
}
