//! The traces that took longest, as trees.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::super::spans::{Kept, Span};
use super::super::units::{count, duration, printable, several};
use super::style::Style;

/// More make a long report.
const KINDS: usize = 3;
/// Calls of the same tool beside each other; more are one line.
const ALIKE: usize = 3;
/// Characters of what a call was about, from its end: a path says most there.
const SUBJECT: usize = 48;

/// The heading above [`text`].
pub(crate) const HEADING: &str = "The slowest traces, one of each kind";

/// A trace is of the kind of the tool that began it.
pub(crate) fn text(kept: &Kept, style: &Style) -> String {
    let mut slowest: HashMap<&str, (&Span, usize)> = HashMap::new();
    for root in kept
        .spans
        .iter()
        .filter(|span| span.parent == SpanId::INVALID)
    {
        let (found, traces) = slowest.entry(&root.tool).or_insert((root, 0));
        *traces += 1;
        if root.duration > found.duration {
            *found = root;
        }
    }
    let mut slowest: Vec<_> = slowest.into_values().collect();
    slowest.sort_by_key(|(root, _)| Reverse(root.duration));

    let mut text = String::new();
    for (root, traces) in slowest.into_iter().take(KINDS) {
        let spans: Vec<_> = kept
            .spans
            .iter()
            .filter(|span| span.trace == root.trace)
            .collect();
        let mut tree = Tree::of(&spans);
        tree.add(root, None, "", "");
        let which = format!("  1 of {}, {}", several(traces, "trace"), root.trace);
        text.push_str(&tree.text(&style.dim(&which), style));
    }
    if text.is_empty() {
        text.push_str("  not known: no spans were sent (traces are off, or none was sampled)\n");
    }
    if kept.left_out > 0 {
        let (known, later) = (
            several(kept.spans.len(), "span"),
            count(kept.left_out as u64),
        );
        let _ = writeln!(text, "  of the first {known}; {later} came later");
    }
    text
}

struct Tree<'a> {
    inside: HashMap<SpanId, Vec<&'a Span>>,
    /// The left side, what is said of it, its time, and whether it failed.
    lines: Vec<(String, String, Duration, bool)>,
}

impl<'a> Tree<'a> {
    fn of(spans: &[&'a Span]) -> Self {
        let mut inside: HashMap<SpanId, Vec<&Span>> = HashMap::new();
        for span in spans {
            inside.entry(span.parent).or_default().push(span);
        }
        inside
            .values_mut()
            .for_each(|children| children.sort_by_key(|child| child.start));
        Self {
            inside,
            lines: Vec::new(),
        }
    }

    /// `branch` leads to the span itself, `trunk` to those inside it.
    /// What the call `around` it was about is not said again.
    fn add(&mut self, span: &Span, around: Option<&str>, branch: &str, trunk: &str) {
        let known = |subject: &&str| around.is_none_or(|around| !subject.ends_with(around));
        let about = span.subject.as_deref().map(|it| it.trim_matches('"'));
        let subject = about.filter(known).map(short).unwrap_or_default();
        let left = format!("{branch}{}", printable(&span.tool));
        self.lines
            .push((left, subject, span.duration, span.failure.is_some()));

        let groups = groups(self.inside.remove(&span.id).unwrap_or_default());
        let last = groups.len().saturating_sub(1);
        for (index, group) in groups.into_iter().enumerate() {
            let (knee, goes_on) = match index == last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            let (branch, trunk) = (format!("{trunk}{knee}"), format!("{trunk}{goes_on}"));
            match group {
                Group::One(span) => self.add(span, about.or(around), &branch, &trunk),
                Group::Many(tool, spans, time) => {
                    let left = format!("{branch}{} × {}", spans.len(), printable(tool));
                    let failed = spans.iter().any(|span| span.failure.is_some());
                    self.lines.push((left, "together".to_owned(), time, failed));
                }
            }
        }
    }

    /// `root` is said beside the first line.
    fn text(&self, root: &str, style: &Style) -> String {
        let width = |of: fn(&(String, String, Duration, bool)) -> &str| {
            self.lines
                .iter()
                .map(|line| of(line).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (left_width, subject_width) = (width(|line| &line.0), width(|line| &line.1));
        let mut text = String::new();
        for (index, (left, subject, time, failed)) in self.lines.iter().enumerate() {
            let subject = style.dim(&format!("{subject:<subject_width$}"));
            let mark = if *failed {
                style.red("  failed")
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "  {left:<left_width$}  {subject}  {:>8}{mark}{}",
                duration(*time),
                if index == 0 { root } else { "" },
            );
        }
        text
    }
}

enum Group<'a> {
    One(&'a Span),
    /// Calls of one tool, and their time together.
    Many(&'a str, Vec<&'a Span>, Duration),
}

/// In the order of time; more than a few of the same tool become one, at the first's place.
fn groups(children: Vec<&Span>) -> Vec<Group<'_>> {
    let mut by_tool: Vec<(&str, Vec<&Span>)> = Vec::new();
    for child in children {
        match by_tool.iter_mut().find(|(tool, _)| *tool == child.tool) {
            Some((_, spans)) => spans.push(child),
            None => by_tool.push((&child.tool, vec![child])),
        }
    }
    by_tool
        .into_iter()
        .flat_map(|(tool, spans)| match spans.len() {
            ..=ALIKE => spans.into_iter().map(Group::One).collect(),
            _ => {
                let time = spans.iter().map(|span| span.duration).sum();
                vec![Group::Many(tool, spans, time)]
            }
        })
        .collect()
}

/// Its end, on one line.
fn short(subject: &str) -> String {
    let subject = printable(subject);
    let length = subject.chars().count();
    match length > SUBJECT {
        true => format!(
            "…{}",
            subject
                .chars()
                .skip(length - SUBJECT + 1)
                .collect::<String>()
        ),
        false if length == 0 => ".".to_owned(),
        false => subject,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::trace::TraceId;

    use super::*;

    fn span(tool: &str, id: u64, parent: u64, ms: u64) -> Span {
        Span {
            trace: TraceId::from(7),
            id: SpanId::from(id),
            parent: SpanId::from(parent),
            tool: tool.to_owned(),
            subject: (id < 3).then(|| "\"src/main.rs\"".into()),
            start: SystemTime::UNIX_EPOCH + Duration::from_millis(id),
            duration: Duration::from_millis(ms),
            failure: None,
        }
    }

    #[test]
    fn a_tree_with_many_of_a_kind() {
        let mut spans = vec![
            span("study", 1, 0, 90),
            span("read", 2, 1, 10),
            span("load", 3, 2, 9),
            span("outline", 4, 1, 70),
        ];
        spans.extend((10..15).map(|id| span("measure", id, 4, 2)));
        spans.push(Span {
            trace: TraceId::from(8),
            ..span("other", 20, 0, 5)
        });
        let tree = text(&Kept { spans, left_out: 0 }, &Style::plain());
        let expected = [
            "  study              src/main.rs   90.0 ms  1 of 1 trace, 00000000000000000000000000000007",
            "  ├─ read                          10.0 ms",
            "  │  └─ load                       9.00 ms",
            "  └─ outline                       70.0 ms",
            "     └─ 5 × measure  together      10.0 ms",
            "  other     5.00 ms  1 of 1 trace, 00000000000000000000000000000008",
        ];
        assert_eq!(tree.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn without_spans_it_says_so() {
        let tree = text(&Kept::default(), &Style::plain());
        assert!(tree.contains("no spans were sent"));
    }
}
