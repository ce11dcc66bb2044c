//! One call, as a test sees it.

use std::fmt;
use std::time::Duration;

use crate::ids::{SpanId, TraceId};
use crate::names::attribute::{TOOL_PARAM_PREFIX, TOOL_RETURN, TOOL_STREAM_ITEMS};
use crate::value::Value;

/// A call that has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The tool's name.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// `error.type`, of one that failed or panicked.
    pub error_type: Option<String>,
    /// `error.message`, where there is one.
    pub error_message: Option<String>,
    /// The errors below the error, as their `source` gives them: a line each.
    pub error_source: Option<String>,
    /// Parameters, fields, and what was set inside, in this order.
    pub attributes: Vec<(String, Value)>,
    /// What was added by [`add_event`](crate::Current::add_event).
    pub events: Vec<Event>,
    /// From its start to its end.
    pub duration: Duration,
    /// The trace that it is part of.
    pub trace_id: TraceId,
    /// Its own span.
    pub span_id: SpanId,
    /// The span around it; `None` where no other call is around it in the test.
    pub parent_span_id: Option<SpanId>,
    /// The spans that `follows_from` names.
    pub follows_from: Vec<SpanId>,
    /// The function, with its module's path; empty for one of a name given while running.
    pub function: &'static str,
}

impl Call {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        let mut found = self.attributes.iter().filter(|(known, _)| known == key);
        found.next().map(|(_, value)| value)
    }

    /// The value of a captured parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Value> {
        let mut params = self.params();
        params
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The captured parameters, by name.
    pub fn params(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.attributes
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(TOOL_PARAM_PREFIX)?, value)))
    }

    /// What it gave, where the attribute says `ret`.
    #[must_use]
    pub fn returned(&self) -> Option<&Value> {
        self.attribute(TOOL_RETURN)
    }

    /// How many items a stream gave until it ended.
    #[must_use]
    pub fn items(&self) -> Option<u64> {
        match self.attribute(TOOL_STREAM_ITEMS)? {
            Value::I64(items) => u64::try_from(*items).ok(),
            _ => None,
        }
    }

    /// Whether it was made by `other`, with no call between them.
    #[must_use]
    pub fn is_child_of(&self, other: &Self) -> bool {
        self.trace_id == other.trace_id && self.parent_span_id == Some(other.span_id)
    }
}

/// Something that happened during a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// What is said of it.
    pub attributes: Vec<(String, Value)>,
    /// From the call's start.
    pub after: Duration,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Well.
    Success,
    /// With an error: an `Err`, what `error_if` says, or `record_error`.
    Error,
    /// With a panic that came by.
    Panic,
    /// It was dropped before its end.
    Cancelled,
}

impl fmt::Display for Outcome {
    /// As `tool.status` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
        })
    }
}

impl fmt::Display for Call {
    /// One line, without times and ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<_> = self
            .params()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        write!(f, "{}({}) {}", self.name, params.join(", "), self.outcome)?;
        if let Some(error_type) = &self.error_type {
            write!(f, " {error_type}")?;
        }
        if let Some(message) = &self.error_message {
            write!(f, ": {message}")?;
        }
        for source in self.error_source.iter().flat_map(|it| it.lines()) {
            write!(f, " because {source}")?;
        }
        let others = self.attributes.iter();
        others
            .filter(|(key, _)| !key.starts_with(TOOL_PARAM_PREFIX))
            .try_for_each(|(key, value)| write!(f, " {key}={value}"))?;
        self.events
            .iter()
            .try_for_each(|event| write!(f, " [{}]", event.name))
    }
}
