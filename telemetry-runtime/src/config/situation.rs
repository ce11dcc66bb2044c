//! What holds where nobody has said it, and depends on what else was said.

use super::features;
use super::keys;
use super::layers::{Layer, Layers, Scope, Setting, Typed};
use super::node::Place;

/// Without a file a signal that nobody gave an endpoint goes nowhere.
pub(super) fn silent_exporters(settings: &[Setting]) -> Vec<Setting> {
    let signals = [
        ("traces_exporter", "traces_endpoint", Scope::OtlpTraces),
        ("metrics_exporter", "metrics_endpoint", Scope::OtlpMetrics),
    ];
    let has_endpoint = |name: &str, scope: Scope| {
        settings.iter().any(|setting| {
            setting.key.name == name
                && setting.layer > Layer::Situation
                && setting.scope.covers(scope)
        })
    };
    let silent = signals
        .into_iter()
        .filter(|(_, endpoint, scope)| !has_endpoint(endpoint, *scope));
    silent
        .filter_map(|(exporter, ..)| setting(exporter, vec!["none"]))
        .collect()
}

/// Where log lines go whose exporter nobody has named: to Loki where there is a file, or somebody
/// has asked for it; else where OpenTelemetry's variables say; else to the console where traces go
/// there by the same file, or nowhere.
pub(super) fn logs(layers: &Layers, has_file: bool) -> Vec<Setting> {
    let asked_for_loki = layers.is_said("loki_enabled") || layers.is_said("loki_url");
    let loki = layers.flag("loki_enabled") && features::has("loki") && (has_file || asked_for_loki);
    let otlp = layers
        .all_for("logs_endpoint", Scope::OtlpLogs)
        .any(|setting| setting.layer > Layer::Situation);
    let exporter = if loki {
        "loki"
    } else if otlp && !has_file {
        "otlp"
    } else if has_file && layers.names("traces_exporter").contains(&"console") {
        "console"
    } else {
        "none"
    };
    setting("logs_exporter", vec![exporter])
        .into_iter()
        .collect()
}

fn setting(key: &str, names: Vec<&'static str>) -> Option<Setting> {
    Some(Setting {
        key: keys::find(key)?,
        entry: None,
        value: Typed::Names(names),
        place: Place::DEFAULT,
        layer: Layer::Situation,
        scope: Scope::All,
    })
}
