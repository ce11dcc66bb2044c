//! What all records of one kind have in common.

use crate::otlp::attribute;
use crate::value::Value;

/// Attributes, encoded once and copied into each record.
#[derive(Clone, Debug)]
pub(crate) struct LogParts(Box<[u8]>);

impl LogParts {
    pub(crate) fn new(attributes: &[(&str, Value)]) -> Self {
        let mut out = Vec::new();
        for (key, value) in attributes {
            attribute::value(&mut out, super::writer::ATTRIBUTES, key, value);
        }
        Self(out.into())
    }

    pub(super) fn encoded(&self) -> &[u8] {
        &self.0
    }
}
