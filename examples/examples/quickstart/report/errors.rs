//! Which errors there were, each with an example.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use opentelemetry::trace::SpanId;

use super::super::spans::Span;
use super::super::units::printable;
use super::style::Style;

/// The calls in which an error began: those it went up through are not told again.
pub(crate) fn text(spans: &[Span], style: &Style) -> String {
    let by_id: HashMap<SpanId, &Span> = spans.iter().map(|span| (span.id, span)).collect();
    let failed = || spans.iter().filter(|span| span.failure.is_some());
    let passed_on: HashSet<SpanId> = failed().map(|span| span.parent).collect();

    let mut kinds: BTreeMap<(&str, &str), (usize, &Span)> = BTreeMap::new();
    for span in failed().filter(|span| !passed_on.contains(&span.id)) {
        let kind = span.failure.as_ref().map_or("", |failure| &failure.kind);
        kinds.entry((kind, &span.tool)).or_insert((0, span)).0 += 1;
    }

    let mut text = String::new();
    for ((kind, tool), (number, example)) in kinds {
        let message = example
            .failure
            .as_ref()
            .map_or("", |failure| &failure.message);
        let place = subject(example, &by_id).map_or_else(String::new, |it| format!("{it}: "));
        let what = style.red(&printable(kind));
        let _ = writeln!(text, "  {number} × {what} in {}, such as", printable(tool));
        let _ = writeln!(text, "      {}", printable(&format!("{place}{message}")));
    }
    text
}

/// What the call was about, or the nearest one around it that says so.
fn subject<'a>(span: &'a Span, by_id: &HashMap<SpanId, &'a Span>) -> Option<&'a str> {
    let around = std::iter::successors(Some(span), |span| by_id.get(&span.parent).copied());
    around
        .filter_map(|span| span.subject.as_deref())
        .map(|subject| subject.trim_matches('"'))
        .next()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::trace::TraceId;

    use super::super::super::spans::Failure;
    use super::*;

    fn span(tool: &str, id: u64, parent: u64, message: &str) -> Span {
        Span {
            trace: TraceId::from(1),
            id: SpanId::from(id),
            parent: SpanId::from(parent),
            tool: tool.to_owned(),
            subject: (parent == 0).then(|| format!("\"file{id}\"").into()),
            start: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            failure: (!message.is_empty()).then(|| {
                Box::new(Failure {
                    kind: "NotUtf8".to_owned(),
                    message: message.to_owned(),
                })
            }),
        }
    }

    #[test]
    fn an_error_is_told_where_it_began() {
        let spans = [
            span("study", 1, 0, "byte 3"),
            span("decode", 2, 1, "byte 3"),
            span("decode", 3, 4, "byte 9"),
            span("study", 4, 0, ""),
        ];
        assert_eq!(
            text(&spans, &Style::plain()),
            "  2 × NotUtf8 in decode, such as\n      file1: byte 3\n"
        );
    }

    #[test]
    fn no_error_is_no_text() {
        assert_eq!(text(&[span("study", 1, 0, "")], &Style::plain()), "");
    }
}
