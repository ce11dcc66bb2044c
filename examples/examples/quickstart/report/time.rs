//! Whose time it was: each call's own, without the calls inside it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanId;

use super::super::spans::Span;

/// Own time by tool.
pub(crate) struct OwnTime<'a> {
    by_tool: HashMap<&'a str, Duration>,
    all: Duration,
}

impl<'a> OwnTime<'a> {
    pub(crate) fn of(spans: &'a [Span]) -> Self {
        let mut inside: HashMap<SpanId, Vec<&Span>> = HashMap::new();
        for span in spans {
            inside.entry(span.parent).or_default().push(span);
        }
        let mut by_tool: HashMap<&str, Duration> = HashMap::new();
        for span in spans {
            let children = inside
                .get_mut(&span.id)
                .map_or(&mut [][..], Vec::as_mut_slice);
            let own = span.duration.saturating_sub(covered(span, children));
            *by_tool.entry(&span.tool).or_default() += own;
        }
        let all = by_tool.values().sum();
        Self { by_tool, all }
    }

    /// Of all own time, 0 to 1; `None` for a tool without spans.
    pub(crate) fn share(&self, tool: &str) -> Option<f64> {
        let own = self.by_tool.get(tool)?;
        (!self.all.is_zero()).then(|| own.as_secs_f64() / self.all.as_secs_f64())
    }

    pub(crate) fn is_known(&self) -> bool {
        !self.by_tool.is_empty()
    }
}

/// How much of `span` some call inside it was running; two at a time count once.
fn covered(span: &Span, children: &mut [&Span]) -> Duration {
    children.sort_unstable_by_key(|child| child.start);
    let end = span.start + span.duration;
    let (mut covered, mut until) = (Duration::ZERO, span.start);
    for child in children {
        let from = child.start.max(until);
        let to = (child.start + child.duration).min(end);
        covered += between(from, to);
        until = until.max(to);
    }
    covered
}

fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceId;

    use super::*;

    fn span(tool: &str, id: u64, parent: u64, start: u64, end: u64) -> Span {
        Span {
            trace: TraceId::from(1),
            id: SpanId::from(id),
            parent: SpanId::from(parent),
            tool: tool.to_owned(),
            subject: None,
            start: SystemTime::UNIX_EPOCH + Duration::from_millis(start),
            duration: Duration::from_millis(end - start),
            failure: None,
        }
    }

    #[test]
    fn calls_side_by_side_are_taken_off_once() {
        let spans = [
            span("outer", 1, 0, 0, 100),
            span("inner", 2, 1, 10, 50),
            span("inner", 3, 1, 20, 60),
            span("late", 4, 1, 90, 130),
        ];
        let own = OwnTime::of(&spans);
        assert_eq!(own.by_tool["outer"], Duration::from_millis(40));
        assert_eq!(own.by_tool["inner"], Duration::from_millis(80));
        assert_eq!(own.share("late"), Some(0.25));
        assert_eq!(own.share("never"), None);
    }
}
