//! A filter: which events are asked for.

use std::time::SystemTime;

use super::{DriftType, Event, Severity, Status};

/// Which events are asked for; the default is all.
///
/// ```
/// use telemetry_runtime::drift::{Filter, Severity};
///
/// let filter = Filter { severity: Some(Severity::High), limit: Some(10), ..Filter::default() };
/// # let _ = filter;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this tool.
    pub tool: Option<String>,
    /// Of this kind.
    pub drift_type: Option<DriftType>,
    /// At least so severe.
    pub severity: Option<Severity>,
    /// In this state.
    pub status: Option<Status>,
    /// Raised then or later.
    pub since: Option<SystemTime>,
    /// The newest so many.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether the event is asked for, the limit aside.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.tool
            .as_ref()
            .is_none_or(|tool| *tool == event.tool_name)
            && self.drift_type.is_none_or(|kind| kind == event.drift_type)
            && self.severity.is_none_or(|least| event.severity >= least)
            && self.status.is_none_or(|status| status == event.status)
            && self.since.is_none_or(|since| event.timestamp >= since)
    }

    /// Those of `events`, oldest first, that are asked for, newest first.
    pub fn select<'a>(&self, events: impl DoubleEndedIterator<Item = &'a Event>) -> Vec<Event> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let matching = events.rev().filter(|event| self.matches(event));
        matching.take(limit).cloned().collect()
    }
}
