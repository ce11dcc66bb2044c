//! What holds in the end, and who said so.

use std::fmt;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::fault::path;
use super::keys::{self, Key};
use super::kind::Kind;
use super::layers::{Layers, Scope, Setting, Typed};
use super::settings::{Config, Secret, StoreKind, TracesExporter};
use super::url::Url;

/// Every key with its value and origin, in the order of the table; `Display` masks what is secret.
#[derive(Clone, Debug)]
pub(crate) struct Effective(Vec<Line>);

#[derive(Clone, Debug)]
struct Line {
    key: &'static Key,
    /// With the entry, in a map.
    name: String,
    /// What may be seen.
    shown: String,
    /// What it really is, to compare with.
    value: Secret,
    origin: String,
}

/// What a new configuration changes in a running process, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Take effect at once: sampling, limits, rules and capture of parameters.
    pub(crate) applied: Vec<&'static str>,
    /// Take effect at the next start.
    pub(crate) restart: Vec<&'static str>,
}

impl Effective {
    pub(super) fn new(layers: &Layers, config: &Config) -> Self {
        Self(
            keys::all()
                .flat_map(|key| lines(key, layers, config))
                .collect(),
        )
    }

    /// Keys whose values differ in `new`.
    pub(crate) fn differences(&self, new: &Self) -> Differences {
        let mut differences = Differences::default();
        for key in keys::all().filter(|key| !self.of(key).eq(new.of(key))) {
            let list = if key.reloads {
                &mut differences.applied
            } else {
                &mut differences.restart
            };
            list.push(key.name);
        }
        differences
    }

    /// Takes over the keys that can be changed while running.
    pub(crate) fn reload(&mut self, new: Self) {
        let mut old = std::mem::take(&mut self.0);
        old.retain(|line| !line.key.reloads);
        let (mut old, mut new) = (old.into_iter().peekable(), new.0.into_iter().peekable());
        for key in keys::all() {
            let of_key = |line: &Line| line.key.name == key.name;
            let from = |lines: &mut Peekable<IntoIter<Line>>| -> Vec<Line> {
                std::iter::from_fn(|| lines.next_if(of_key)).collect()
            };
            let (old, new) = (from(&mut old), from(&mut new));
            self.0.extend(if key.reloads { new } else { old });
        }
    }

    fn of(&self, key: &'static Key) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(move |line| line.key.name == key.name)
            .map(|line| (line.name.as_str(), line.value.0.as_str()))
    }
}

/// The lines of one key: one, or one an entry of its map.
fn lines(key: &'static Key, layers: &Layers, config: &Config) -> Vec<Line> {
    let top = layers.top_for(key.name, None, destination(key.name, config));
    let lines: Vec<Line> = match (key.kind, top.map(|setting| &setting.value)) {
        (Kind::Headers, Some(Typed::Headers(headers))) => {
            let header = |(name, value): &(String, String)| {
                Line::new(key, path(key.name, name), value.clone(), top).masked()
            };
            headers.iter().map(header).collect()
        }
        (Kind::Attributes | Kind::Limits | Kind::Files(_) | Kind::Rules, _) => {
            let entry = |setting: &Setting| {
                let name = path(key.name, setting.entry.as_deref().unwrap_or_default());
                Line::new(key, name, written(&setting.value), Some(setting))
            };
            layers.entries(key.name).into_iter().map(entry).collect()
        }
        (_, value) => {
            let value = used(key.name, config).or_else(|| value.map(written));
            let value = value.unwrap_or_else(|| "~".to_owned());
            vec![Line::new(key, key.name.to_owned(), value, top)]
        }
    };
    if lines.is_empty() {
        return vec![Line::new(key, key.name.to_owned(), "{}".to_owned(), top)];
    }
    lines
}

impl Line {
    fn new(key: &'static Key, name: String, value: String, setting: Option<&Setting>) -> Self {
        let shown = match key.kind {
            Kind::Endpoint | Kind::Url => {
                Url::parse(&value).map_or_else(|_| value.clone(), |url| url.masked())
            }
            Kind::Database => Url::parse_as(&value, Url::DATABASE)
                .map_or_else(|_| value.clone(), |url| url.masked()),
            _ => value.clone(),
        };
        let origin = setting.map_or_else(
            || "default".to_owned(),
            |setting| setting.place.origin_text(),
        );
        Self {
            key,
            name,
            shown,
            value: Secret(value),
            origin,
        }
    }

    fn masked(mut self) -> Self {
        self.shown = "[redacted]".to_owned();
        self
    }
}

/// Whose settings a key's line shows.
fn destination(key: &str, config: &Config) -> Scope {
    match key.split_once('_') {
        Some(("traces", _)) if zipkin_only(config) => Scope::Zipkin,
        Some(("traces", _)) => Scope::OtlpTraces,
        Some(("metrics", _)) => Scope::OtlpMetrics,
        Some(("logs", _)) => Scope::OtlpLogs,
        _ => Scope::All,
    }
}

fn zipkin_only(config: &Config) -> bool {
    let has = |exporter| config.traces.exporters.contains(&exporter);
    has(TracesExporter::Zipkin) && !has(TracesExporter::Otlp)
}

/// Where the value in use is not the one that was said, or nothing was: a path added, a default that
/// depends on others.
fn used(key: &str, config: &Config) -> Option<String> {
    match key {
        "service_name" => Some(config.service_name.clone()),
        "traces_endpoint" if zipkin_only(config) => Some(config.traces.zipkin.endpoint.clone()),
        "traces_endpoint" => Some(config.traces.backend.endpoint.clone()),
        "metrics_endpoint" => Some(config.metrics.backend.endpoint.clone()),
        "logs_endpoint" => Some(config.logs.backend.endpoint.clone()),
        "traces_enabled" => Some(config.traces.enabled.to_string()),
        "metrics_enabled" => Some(config.metrics.enabled.to_string()),
        "store" => Some(config.store.kind.name().to_owned()),
        "store_file" => match &config.store.kind {
            StoreKind::Sqlite(file) => Some(file.display().to_string()),
            _ => None,
        },
        "sdk_providers" => Some(config.sdk_providers.to_string()),
        "otel_context" => Some(config.calls.otel_context.to_string()),
        _ => None,
    }
}

/// As it would stand in the file.
fn written(value: &Typed) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    match value {
        Typed::Flag(flag) => flag.to_string(),
        Typed::Text(text) => text.clone(),
        Typed::Names(names) => match names.as_slice() {
            [name] => (*name).to_owned(),
            names => list(names.iter().map(ToString::to_string).collect()),
        },
        Typed::Number(number) => number.to_string(),
        Typed::Integer(number) => number.to_string(),
        Typed::Texts(texts) => list(texts.clone()),
        Typed::Numbers(numbers) => list(numbers.iter().map(ToString::to_string).collect()),
        Typed::Headers(headers) => list(headers.iter().map(|(name, _)| name.clone()).collect()),
        Typed::Rule(rule) => rule.text(),
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            let shown: String = line
                .shown
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            writeln!(f, "{}: {shown}  ({})", line.name, line.origin)?;
        }
        Ok(())
    }
}
