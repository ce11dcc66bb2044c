//! What all spans of one tool have in common.

use super::super::{attribute, wire};
use super::SUCCESS;
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
pub(crate) struct StaticParts {
    /// With what follows where nothing is to be said of the call but how long it took.
    plain: Box<[u8]>,
    /// How much of it all spans have.
    common: usize,
}

impl StaticParts {
    pub(crate) fn new(span: &StaticSpan<'_>) -> Self {
        let mut out = Vec::new();
        wire::bytes(&mut out, 5, span.name.as_bytes());
        wire::number(&mut out, 6, span.kind as u64);
        for (key, value) in span.attributes {
            attribute::value(&mut out, super::writer::ATTRIBUTES, key, value);
        }
        let common = out.len();
        super::writer::ending(&mut out, SUCCESS, 0.0);
        Self {
            plain: out.into(),
            common,
        }
    }

    pub(super) fn common(&self) -> &[u8] {
        &self.plain[..self.common]
    }

    /// All of a plain span behind its fields of known length. Its last eight bytes are the duration.
    pub(super) fn plain(&self) -> &[u8] {
        &self.plain
    }
}
