//! Nodes against the table: settings where they fit, faults where they do not.

mod collection;
mod scalar;

use super::fault::{Fault, MOST_FAULTS, path};
use super::keys::{self, Key};
use super::kind::Kind;
use super::layers::{Layer, Scope, Setting, Typed};
use super::node::{Content, Node, Place};
use collection::{attributes, files, limits, rules};

/// What checking comes to, over all origins.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) settings: Vec<Setting>,
    pub(crate) faults: Vec<Fault>,
}

impl Checked {
    /// Everything under `telemetry:`.
    pub(crate) fn section(&mut self, section: &Node) {
        let Content::Map(entries) = &section.content else {
            return self
                .faults
                .push(Fault::value(section, "", "a map of keys under telemetry:"));
        };
        // First `resource`, since its service.name is weaker than `service_name`.
        let (resource, others): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| entry.key == "resource");
        for entry in resource.into_iter().chain(others) {
            if self.faults.len() > MOST_FAULTS {
                return;
            }
            match keys::find(&entry.key) {
                Some(key) => self.key(key, &entry.value),
                None => {
                    let name = super::fault::short(&entry.key);
                    self.faults.push(Fault::unknown(
                        &entry.place,
                        &name,
                        &entry.key,
                        keys::all().map(|key| key.name),
                    ));
                }
            }
        }
    }

    /// One key and what its origin says it is.
    pub(crate) fn key(&mut self, key: &'static Key, node: &Node) {
        let layer = Layer::of(&node.place.origin);
        self.key_as(key, node, layer, Scope::All);
    }

    /// The same for what OpenTelemetry's variables say.
    pub(crate) fn key_as(&mut self, key: &'static Key, node: &Node, layer: Layer, scope: Scope) {
        if node.is_nothing() {
            return;
        }
        let mut sink = Sink {
            checked: self,
            key,
            layer,
            scope,
        };
        match key.kind {
            Kind::Attributes => attributes(&mut sink, node),
            Kind::Limits => limits(&mut sink, node),
            Kind::Files(names) => files(&mut sink, node, names),
            Kind::Rules => rules(&mut sink, node),
            _ => match value(key.kind, key.name, node) {
                Ok(value) => sink.push(None, value, &node.place),
                Err(faults) => self.faults.extend(faults),
            },
        }
    }
}

/// Takes the settings of one key.
struct Sink<'a> {
    checked: &'a mut Checked,
    key: &'static Key,
    layer: Layer,
    scope: Scope,
}

impl Sink<'_> {
    fn push(&mut self, entry: Option<String>, value: Typed, place: &Place) {
        self.push_to(self.key, entry, value, place);
    }

    fn push_to(&mut self, key: &'static Key, entry: Option<String>, value: Typed, place: &Place) {
        self.checked.settings.push(Setting {
            key,
            entry,
            value,
            place: place.clone(),
            layer: self.layer,
            scope: self.scope,
        });
    }

    fn fault(&mut self, fault: Fault) {
        self.checked.faults.push(fault);
    }

    /// The path of one of the key's entries, for messages.
    fn path(&self, entry: &str) -> String {
        path(self.key.name, entry)
    }
}

/// A node as a value of `kind`. `key` is its path, for messages.
fn value(kind: Kind, key: &str, node: &Node) -> Result<Typed, Vec<Fault>> {
    match kind {
        Kind::Choices(_) | Kind::Set(_) => collection::names(kind, key, node).map(Typed::Names),
        Kind::Texts => collection::texts(key, node).map(Typed::Texts),
        Kind::Buckets => collection::buckets(key, node).map(Typed::Numbers),
        Kind::Headers => collection::headers(key, node).map(Typed::Headers),
        _ => scalar::value(kind, key, node).map_err(|fault| vec![fault]),
    }
}
