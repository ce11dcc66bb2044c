//! Who the process is.

use std::collections::BTreeMap;

use crate::config::layers::{Layers, Typed};
use crate::names::resource::{APPLICATION, ENVIRONMENT};

/// `service_name` and the attributes that are not derived later.
pub(super) fn resource(layers: &Layers) -> (String, BTreeMap<String, String>) {
    let service_name = layers
        .text("service_name")
        .map_or_else(unknown_service, str::to_owned);
    let environment = layers.text("environment").unwrap_or_default();
    let mut resource = entries(layers, "resource");
    let labels = entries(layers, "loki_labels");
    for (name, otherwise) in [
        (APPLICATION, service_name.as_str()),
        (ENVIRONMENT, environment),
    ] {
        match labels.get(name) {
            Some(label) => resource.insert(name.to_owned(), label.clone()),
            None => resource
                .entry(name.to_owned())
                .or_insert_with(|| otherwise.to_owned())
                .clone()
                .into(),
        };
    }
    (service_name, resource)
}

pub(super) fn entries(layers: &Layers, name: &str) -> BTreeMap<String, String> {
    let entries = layers.entries(name).into_iter();
    entries
        .filter_map(|setting| match (&setting.entry, &setting.value) {
            (Some(name), Typed::Text(text)) => Some((name.clone(), text.clone())),
            _ => None,
        })
        .collect()
}

/// As OpenTelemetry's conventions name a service that has no name.
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    match program.as_deref().and_then(|path| path.file_stem()) {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}
