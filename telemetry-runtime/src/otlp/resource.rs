//! What sends: the resource, and the scope of this crate, each encoded once.

use super::{attribute, wire};
use crate::names;
use crate::value::Value;

/// The semantic conventions whose names the resource and the spans use.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// The attributes of everything that a process sends.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    attributes: Vec<(String, Value)>,
    /// The `Resource` message.
    encoded: Vec<u8>,
}

impl Resource {
    /// Of two attributes of the same name the later counts.
    pub(crate) fn new(attributes: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut kept: Vec<(String, Value)> = Vec::new();
        for (key, value) in attributes {
            match kept.iter_mut().find(|(known, _)| *known == key) {
                Some(earlier) => earlier.1 = value,
                None => kept.push((key, value)),
            }
        }
        let mut encoded = Vec::new();
        for (key, value) in &kept {
            attribute::value(&mut encoded, 1, key, value);
        }
        Self {
            attributes: kept,
            encoded,
        }
    }

    #[cfg_attr(
        not(any(feature = "sdk", feature = "prometheus")),
        expect(dead_code, reason = "for the SDK's resource and the pull endpoint")
    )]
    pub(crate) fn attributes(&self) -> &[(String, Value)] {
        &self.attributes
    }

    /// All of a request that comes before spans or metrics, in `out`: the request's first field
    /// left open, its resource and schema, the scope's message left open, its scope.
    /// `ResourceSpans`, `ScopeSpans` and those of metrics have the same numbers for these.
    pub(super) fn begin(&self, out: &mut Vec<u8>, scope_schema: bool) -> Open {
        let resource = wire::open(out, 1, wire::LONG);
        wire::bytes(out, 1, &self.encoded);
        wire::bytes(out, 3, SCHEMA_URL.as_bytes());
        let scope = wire::open(out, 2, wire::LONG);
        wire::message(out, 1, |out| {
            wire::bytes(out, 1, names::SCOPE.as_bytes());
            wire::bytes(out, 2, env!("CARGO_PKG_VERSION").as_bytes());
        });
        if scope_schema {
            wire::bytes(out, 3, SCHEMA_URL.as_bytes());
        }
        Open { resource, scope }
    }
}

/// Where the two messages begin that a request's spans or metrics are nested in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    resource: usize,
    scope: usize,
}

impl Open {
    /// Makes what is in `out` a whole request.
    pub(super) fn close(self, out: &mut Vec<u8>) {
        wire::close(out, self.scope, wire::LONG);
        wire::close(out, self.resource, wire::LONG);
    }
}
