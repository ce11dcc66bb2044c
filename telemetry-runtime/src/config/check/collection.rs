//! Lists and maps: their items one by one, so that each fault has its own line.

use super::{Sink, scalar, value};
use crate::config::fault::{Fault, path, short};
use crate::config::keys::{self, RULES};
use crate::config::kind::{Kind, LONGEST_LIMIT_MS, MOST_BUCKETS};
use crate::config::layers::Typed;
use crate::config::node::{Content, Entry, Node, Place};
use crate::config::settings::{LogCalls, ParamsCapture, ToolRule};

/// One name or a list of names, each once.
pub(super) fn names(kind: Kind, key: &str, node: &Node) -> Result<Vec<&'static str>, Vec<Fault>> {
    let one = std::slice::from_ref(node);
    let items = if let Content::List(items) = &node.content {
        items.as_slice()
    } else {
        one
    };
    if items.is_empty() && !matches!(kind, Kind::Set(_)) {
        return Err(vec![Fault::new(
            &node.place,
            key,
            format!("found an empty list, allowed: {kind}"),
        )]);
    }
    let mut names = gather(items, |item| scalar::name(kind.names(), kind, key, item))?;
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    Ok(names)
}

pub(super) fn texts(key: &str, node: &Node) -> Result<Vec<String>, Vec<Fault>> {
    let Content::List(items) = &node.content else {
        return Err(vec![Fault::value(node, key, Kind::Texts)]);
    };
    gather(items, |item| {
        scalar::text("a text", key, item).map(str::to_owned)
    })
}

pub(super) fn buckets(key: &str, node: &Node) -> Result<Vec<f64>, Vec<Fault>> {
    let Content::List(items) = &node.content else {
        return Err(vec![Fault::value(node, key, Kind::Buckets)]);
    };
    if !(1..=MOST_BUCKETS).contains(&items.len()) {
        return Err(vec![Fault::new(
            &node.place,
            key,
            format!(
                "found a list of {}, allowed: {}",
                items.len(),
                Kind::Buckets
            ),
        )]);
    }
    let numbers = gather(items, |item| {
        scalar::in_range(
            item,
            key,
            "a number above 0, at most a week of ms",
            f64::MIN_POSITIVE,
            604_800_000.0,
        )
    })?;
    match numbers.windows(2).position(|pair| pair[0] >= pair[1]) {
        None => Ok(numbers),
        Some(index) => Err(vec![Fault::new(
            &items[index + 1].place,
            key,
            format!(
                "found a number that is not larger than the one before it, allowed: {}",
                Kind::Buckets
            ),
        )]),
    }
}

/// Names are tokens of HTTP; values are never shown.
pub(super) fn headers(key: &str, node: &Node) -> Result<Vec<(String, String)>, Vec<Fault>> {
    let entries = map(node, key, Kind::Headers).map_err(|fault| vec![fault])?;
    gather(
        entries,
        |Entry {
             key: name,
             place,
             value,
         }| {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                return Err(Fault::new(
                    place,
                    key,
                    "found a header's name with characters that no header has",
                ));
            }
            let path = path(key, name);
            let text = match &value.content {
                Content::Scalar { text, .. } if !value.is_nothing() && !text.trim().is_empty() => {
                    text.trim()
                }
                Content::Scalar { .. } => {
                    return Err(Fault::new(
                        &value.place,
                        &path,
                        "found nothing, allowed: a text",
                    ));
                }
                Content::List(_) => {
                    return Err(Fault::new(
                        &value.place,
                        &path,
                        "found a list, allowed: a text",
                    ));
                }
                _ => {
                    return Err(Fault::new(
                        &value.place,
                        &path,
                        "found a map or tag, allowed: a text",
                    ));
                }
            };
            if text.chars().all(|c| (' '..='~').contains(&c)) {
                Ok((name.clone(), text.to_owned()))
            } else {
                Err(Fault::new(
                    &value.place,
                    &path,
                    "found a character that no header can hold, allowed: visible ASCII and spaces",
                ))
            }
        },
    )
}

/// `resource`, `loki_labels`. What `resource` says of the service goes to the keys for it.
pub(super) fn attributes(sink: &mut Sink<'_>, node: &Node) {
    let Some(entries) = sink.map(node) else {
        return;
    };
    for entry in entries {
        let path = sink.path(&entry.key);
        if entry.key.trim().is_empty() {
            sink.fault(Fault::new(&entry.place, &path, "found an empty name"));
        } else if !entry.value.is_nothing() {
            match scalar::text("a text", &path, &entry.value) {
                Ok(text) => sink.attribute(&entry.key, text, &entry.value.place),
                Err(fault) => sink.fault(fault),
            }
        }
    }
}

/// `thresholds`
pub(super) fn limits(sink: &mut Sink<'_>, node: &Node) {
    let Some(entries) = sink.map(node) else {
        return;
    };
    for entry in entries {
        let path = sink.path(&entry.key);
        let allowed = format!("milliseconds, 0 to {LONGEST_LIMIT_MS}");
        match scalar::in_range(&entry.value, &path, allowed, 0.0, LONGEST_LIMIT_MS) {
            Ok(number) => sink.push(
                Some(entry.key.clone()),
                Typed::Number(number),
                &entry.value.place,
            ),
            Err(_) if entry.value.is_nothing() => {}
            Err(fault) => sink.fault(fault),
        }
    }
}

/// `tls`
pub(super) fn files(sink: &mut Sink<'_>, node: &Node, names: &'static [&'static str]) {
    let Some(entries) = sink.map(node) else {
        return;
    };
    for entry in entries {
        let path = sink.path(&entry.key);
        if !names.contains(&entry.key.as_str()) {
            sink.fault(Fault::unknown(
                &entry.place,
                &path,
                &entry.key,
                names.iter().copied(),
            ));
        } else if !entry.value.is_nothing() {
            match scalar::text(Kind::File, &path, &entry.value) {
                Ok(text) => sink.push(
                    Some(entry.key.clone()),
                    Typed::Text(text.to_owned()),
                    &entry.value.place,
                ),
                Err(fault) => sink.fault(fault),
            }
        }
    }
}

/// `tools`
pub(super) fn rules(sink: &mut Sink<'_>, node: &Node) {
    let Some(entries) = sink.map(node) else {
        return;
    };
    for entry in entries {
        let path = sink.path(&entry.key);
        match rule(&entry.key, &path, &entry.value) {
            Ok(rule) => sink.push(Some(entry.key.clone()), Typed::Rule(rule), &entry.place),
            Err(faults) => sink.checked.faults.extend(faults),
        }
    }
}

fn rule(pattern: &str, path: &str, node: &Node) -> Result<ToolRule, Vec<Fault>> {
    let names = || RULES.iter().map(|key| key.name);
    let Content::Map(entries) = &node.content else {
        let allowed = format!("a map with {}", names().collect::<Vec<_>>().join(", "));
        return Err(vec![Fault::value(node, path, allowed)]);
    };
    let mut rule = ToolRule::new(pattern);
    let mut faults = Vec::new();
    for entry in entries {
        let path = super::path(path, &entry.key);
        match RULES.iter().find(|key| key.name == entry.key) {
            None => faults.push(Fault::unknown(&entry.place, &path, &entry.key, names())),
            Some(_) if entry.value.is_nothing() => {}
            Some(key) => match value(key.kind, &path, &entry.value) {
                Ok(value) => rule.set(key.name, value),
                Err(more) => faults.extend(more),
            },
        }
    }
    if faults.is_empty() {
        Ok(rule)
    } else {
        Err(faults)
    }
}

impl ToolRule {
    fn set(&mut self, name: &str, value: Typed) {
        match (name, value) {
            ("enabled", Typed::Flag(flag)) => self.enabled = Some(flag),
            ("sample_rate", Typed::Number(rate)) => self.sample_rate = Some(rate),
            ("threshold_ms", Typed::Number(limit)) => self.threshold_ms = Some(limit),
            ("drift", Typed::Flag(flag)) => self.drift = Some(flag),
            ("drift_threshold", Typed::Number(change)) => self.drift_threshold = Some(change),
            ("drift_false_alarms_per_day", Typed::Number(alarms)) => {
                self.drift_false_alarms_per_day = Some(alarms)
            }
            ("drift_mute", Typed::Flag(flag)) => self.drift_mute = Some(flag),
            ("params_capture", Typed::Names(names)) => {
                self.params_capture = names.first().map(|name| ParamsCapture::of(name))
            }
            ("log_calls", Typed::Names(names)) => {
                self.log_calls = names.first().map(|name| LogCalls::of(name))
            }
            _ => {}
        }
    }
}

impl Sink<'_> {
    /// The entries of a map of any length; an empty one is a setting too.
    fn map<'a>(&mut self, node: &'a Node) -> Option<&'a [Entry]> {
        map(node, self.key.name, self.key.kind)
            .map_err(|fault| self.fault(fault))
            .ok()
    }

    fn attribute(&mut self, name: &str, text: &str, place: &Place) {
        let key = match name {
            "service.name" => "service_name",
            "service.version" => "service_version",
            "deployment.environment.name" | "deployment.environment" => "environment",
            _ => "",
        };
        let text = Typed::Text(text.to_owned());
        match keys::find(key).filter(|_| self.key.name == "resource") {
            Some(key) => self.push_to(key, None, text, place),
            None => self.push(Some(name.to_owned()), text, place),
        }
    }
}

fn map<'a>(node: &'a Node, key: &str, kind: Kind) -> Result<&'a [Entry], Fault> {
    match &node.content {
        Content::Map(entries) => Ok(entries),
        _ => Err(Fault::value(node, &short(key), kind)),
    }
}

/// All results, or all faults.
fn gather<I, T>(
    items: &[I],
    check: impl FnMut(&I) -> Result<T, Fault>,
) -> Result<Vec<T>, Vec<Fault>> {
    let (fine, faults): (Vec<_>, Vec<_>) = items.iter().map(check).partition(Result::is_ok);
    if faults.is_empty() {
        Ok(fine.into_iter().flatten().collect())
    } else {
        Err(faults.into_iter().filter_map(Result::err).collect())
    }
}
