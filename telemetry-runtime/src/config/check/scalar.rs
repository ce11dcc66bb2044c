//! Scalars: flags, numbers, names, texts, URLs.

use crate::config::fault::{Fault, found, nearest, number};
use crate::config::kind::Kind;
use crate::config::layers::Typed;
use crate::config::node::{Content, Node, Origin};
use crate::config::url::{Url, host_and_port};

/// A node as a value of a scalar kind.
pub(super) fn value(kind: Kind, key: &str, node: &Node) -> Result<Typed, Fault> {
    match kind {
        Kind::Flag => flag(node)
            .map(Typed::Flag)
            .ok_or_else(|| Fault::value(node, key, kind)),
        Kind::Number { min, max } => in_range(node, key, kind, min, max).map(Typed::Number),
        Kind::Integer { min, max, .. } => {
            let number = in_range(node, key, kind, min as f64, max as f64)?;
            if number.fract() == 0.0 {
                Ok(Typed::Integer(number as u64))
            } else {
                Err(Fault::value(node, key, kind))
            }
        }
        Kind::Choice(names) => name(names, kind, key, node).map(|name| Typed::Names(vec![name])),
        Kind::Endpoint | Kind::Url => {
            let written = text(kind, key, node)?;
            let why = match Url::parse(written) {
                Ok(url) if url.scheme.is_none() && kind == Kind::Url => {
                    "a URL without http:// or https://"
                }
                Ok(_) => return Ok(Typed::Text(written.to_owned())),
                Err(why) => why,
            };
            Err(Fault::new(
                &node.place,
                key,
                format!("found {why}, allowed: {kind}"),
            ))
        }
        Kind::Database => {
            let written = text(kind, key, node)?;
            match Url::parse_as(written, Url::DATABASE) {
                Ok(url) if url.scheme.is_some() => Ok(Typed::Text(written.to_owned())),
                other => {
                    let why = other.err().unwrap_or("a URL without postgres://");
                    Err(Fault::new(
                        &node.place,
                        key,
                        format!("found {why}, allowed: {kind}"),
                    ))
                }
            }
        }
        Kind::Address => {
            let written = text(kind, key, node)?;
            match host_and_port(written) {
                Ok((_, Some(_))) => Ok(Typed::Text(written.to_owned())),
                Ok((_, None)) => Err(Fault::new(
                    &node.place,
                    key,
                    format!("found no port, allowed: {kind}"),
                )),
                Err(why) => Err(Fault::new(
                    &node.place,
                    key,
                    format!("found {why}, allowed: {kind}"),
                )),
            }
        }
        _ => text(kind, key, node).map(|text| Typed::Text(text.to_owned())),
    }
}

/// Also 1 and 0 in the environment, where there are no types.
fn flag(node: &Node) -> Option<bool> {
    let Content::Scalar { text, plain: true } = &node.content else {
        return None;
    };
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|word| text == word || text == &word.to_uppercase() || *text == capital(word))
    };
    let environment = matches!(node.place.origin, Origin::Variable(_)) || node.hidden;
    if is(&["true", "yes", "on"]) || (environment && text == "1") {
        Some(true)
    } else if is(&["false", "no", "off"]) || (environment && text == "0") {
        Some(false)
    } else {
        None
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// A plain number within `min..=max`.
pub(super) fn in_range(
    node: &Node,
    key: &str,
    kind: impl std::fmt::Display,
    min: f64,
    max: f64,
) -> Result<f64, Fault> {
    let plain = match &node.content {
        Content::Scalar { text, plain: true } => number(text),
        _ => None,
    };
    match plain {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        Some(_) if node.hidden => Err(Fault::new(
            &node.place,
            key,
            format!("found a number out of range, allowed: {kind}"),
        )),
        _ => Err(Fault::value(node, key, kind)),
    }
}

/// One of `names`, in any case.
pub(super) fn name(
    names: &'static [&'static str],
    kind: Kind,
    key: &str,
    node: &Node,
) -> Result<&'static str, Fault> {
    let written = match &node.content {
        Content::Scalar { text, .. } => text.trim(),
        _ => return Err(Fault::value(node, key, kind)),
    };
    names
        .iter()
        .copied()
        .find(|name| name.eq_ignore_ascii_case(written))
        .ok_or_else(|| {
            let mut fault = Fault::value(node, key, kind);
            if let Some(nearest) = nearest(written, names.iter().copied()).filter(|_| !node.hidden)
            {
                fault.text.push_str(&format!("; nearest: {nearest}"));
            }
            fault
        })
}

/// Any scalar but nothing; a number is the text that was written.
pub(super) fn text<'a>(
    kind: impl std::fmt::Display,
    key: &str,
    node: &'a Node,
) -> Result<&'a str, Fault> {
    const LONGEST: usize = 4096;
    match &node.content {
        Content::Scalar { text, .. } if text.len() > LONGEST => Err(Fault::new(
            &node.place,
            key,
            format!(
                "found a text of {} bytes, allowed: {kind} of at most {LONGEST}",
                text.len()
            ),
        )),
        Content::Scalar { text, .. } if !text.trim().is_empty() && !node.is_nothing() => {
            Ok(text.trim())
        }
        Content::Scalar { .. } => Err(Fault::new(
            &node.place,
            key,
            format!("found nothing, allowed: {kind}"),
        )),
        _ => Err(Fault::new(
            &node.place,
            key,
            format!("found {}, allowed: {kind}", found(node)),
        )),
    }
}
