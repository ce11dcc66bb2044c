//! How OpenTelemetry's variables are written, and what that is as a value of a key.

use std::collections::BTreeMap;

use crate::config::node::{Content, Entry, Node, Place};

/// What a variable comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// It asks for what holds anyway.
    Nothing,
    Plain(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
    /// Nothing that can be done; with the reason.
    Unknown(&'static str),
    /// Taken as something near; with the reason.
    Changed(String, &'static str),
}

pub(super) fn plain(text: &str) -> Value {
    Value::Plain(text.to_owned())
}

/// Only `true` disables, whatever else stands there.
pub(super) fn disabled(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        plain("false")
    } else {
        Value::Nothing
    }
}

pub(super) fn exporters(text: &str) -> Value {
    let name = |name: &str| match name.trim() {
        "logging" => "console".to_owned(),
        "otlp_proto_http" | "otlp_proto_grpc" => "otlp".to_owned(),
        name => name.to_owned(),
    };
    Value::List(
        text.split(',')
            .map(name)
            .filter(|name| !name.is_empty())
            .collect(),
    )
}

pub(super) fn protocol(text: &str) -> Value {
    match text {
        "http/protobuf" => plain("http"),
        "http/json" => plain("http-json"),
        "grpc" => plain("grpc"),
        _ => Value::Unknown("found something else than grpc, http/protobuf, http/json"),
    }
}

pub(super) fn compression(text: &str) -> Value {
    match text {
        "gzip" | "none" => plain(text),
        _ => Value::Unknown("found something else than gzip, none"),
    }
}

pub(super) fn temporality(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "cumulative" => plain("cumulative"),
        "delta" | "lowmemory" => plain("delta"),
        _ => Value::Unknown("found something else than cumulative, delta, lowmemory"),
    }
}

pub(super) fn sampler(name: &str, argument: Option<&str>) -> Value {
    match name {
        "always_on" | "parentbased_always_on" => plain("1.0"),
        "always_off" | "parentbased_always_off" => plain("0.0"),
        "parentbased_traceidratio" => plain(argument.unwrap_or("1.0")),
        "traceidratio" => Value::Changed(
            argument.unwrap_or("1.0").to_owned(),
            "children follow their parent here: taken as parentbased_traceidratio",
        ),
        _ => Value::Unknown(
            "found something else than always_on, always_off, traceidratio, and these with parentbased_",
        ),
    }
}

/// The Prometheus endpoint's two variables, with the specification's default for the other one.
pub(super) fn listen(host: Option<&str>, port: Option<&str>) -> Option<Value> {
    if host.is_none() && port.is_none() {
        return None;
    }
    let host = host.unwrap_or("127.0.0.1");
    let bracketed = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    Some(Value::Plain(format!(
        "{bracketed}:{}",
        port.unwrap_or("9464")
    )))
}

pub(super) fn attributes(text: &str) -> Value {
    pairs(text).map_or(
        Value::Unknown(
            "found something else than name=value,name=value with values percent-encoded",
        ),
        Value::Map,
    )
}

/// A fault of theirs is found where headers are checked: a name that is none.
pub(super) fn headers(text: &str) -> Value {
    Value::Map(pairs(text).unwrap_or_else(|| vec![(String::new(), String::new())]))
}

/// `name=value,name=value`, values percent-encoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            pair.split_once('=')
                .and_then(|(name, value)| Some((decoded(name.trim())?, decoded(value.trim())?)))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                rest = after;
            }
            (b'%', _) => return None,
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Texts only, as the environment has nothing else; of a name that stands twice the last counts.
pub(super) fn map(entries: Vec<(String, String)>, place: Place) -> Node {
    let unique: BTreeMap<String, String> = entries.into_iter().collect();
    let entries = unique.into_iter().map(|(key, text)| {
        let content = Content::Scalar { text, plain: false };
        let value = Node {
            content,
            place: place.clone(),
            hidden: true,
        };
        Entry {
            key,
            place: place.clone(),
            value,
        }
    });
    Node {
        content: Content::Map(entries.collect()),
        place,
        hidden: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_percent_decoded() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs("a=1, b = Basic%20eA%3D%3D ,"),
            Some(vec![pair("a", "1"), pair("b", "Basic eA==")])
        );
        assert_eq!(pairs("a=x=y"), Some(vec![pair("a", "x=y")]));
        for text in ["a", "a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert_eq!(pairs(text), None, "{text}");
        }
    }

    #[test]
    fn samplers() {
        assert_eq!(
            sampler("parentbased_traceidratio", Some("0.25")),
            plain("0.25")
        );
        assert_eq!(
            sampler("parentbased_always_off", Some("0.25")),
            plain("0.0")
        );
        assert!(
            matches!(sampler("traceidratio", None), Value::Changed(ratio, _) if ratio == "1.0")
        );
        assert!(matches!(sampler("jaeger_remote", None), Value::Unknown(_)));
    }

    #[test]
    fn where_prometheus_scrapes() {
        assert_eq!(listen(None, None), None);
        assert_eq!(listen(Some("0.0.0.0"), None), Some(plain("0.0.0.0:9464")));
        assert_eq!(listen(Some("::1"), Some("9000")), Some(plain("[::1]:9000")));
        assert_eq!(listen(None, Some("1")), Some(plain("127.0.0.1:1")));
    }
}
