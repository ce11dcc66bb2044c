//! What all spans of one tool have in common.

use super::super::{attribute, wire};
use crate::call::tool::SpanKind as Kind;
use crate::value::Value;

/// A tool's name, kind and attributes, as they are to be on each of its spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticSpan<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) attributes: &'a [(&'a str, Value)],
}

/// The same, encoded: copied into each span.
#[derive(Clone, Debug)]
pub(crate) struct StaticParts(Box<[u8]>);

impl StaticParts {
    pub(crate) fn new(span: &StaticSpan<'_>) -> Self {
        let mut out = Vec::new();
        wire::bytes(&mut out, 5, span.name.as_bytes());
        wire::number(&mut out, 6, span.kind as u64);
        for (key, value) in span.attributes {
            attribute::value(&mut out, super::writer::ATTRIBUTES, key, value);
        }
        Self(out.into())
    }

    pub(super) fn encoded(&self) -> &[u8] {
        &self.0
    }
}
