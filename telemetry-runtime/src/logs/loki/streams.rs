//! Streams: which labels a line's stream has, and how many streams there may be.

use std::collections::{BTreeMap, HashMap};

use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::config;
use crate::names::label::{APPLICATION, ENVIRONMENT, LEVEL, TOOL_NAME};
use crate::notice::notice;

/// The longest value that Loki takes by default, in bytes.
const LONGEST_VALUE: usize = 2048;

/// All streams so far. A stream is a combination of labels; Loki keeps each one apart, so that
/// ten thousand tools would be ten thousand small files there.
#[derive(Debug)]
pub(super) struct Streams {
    /// Labels that all lines have.
    common: BTreeMap<String, String>,
    max: usize,
    known: HashMap<&'static str, HashMap<String, usize>>,
    labels: Vec<String>,
    /// That there are too many was said.
    told: bool,
}

impl Streams {
    pub(super) fn new(loki: &config::Loki) -> Self {
        let derived = [
            (APPLICATION, &loki.application),
            (ENVIRONMENT, &loki.environment),
        ];
        let derived = derived.map(|(name, value)| (name.to_owned(), value.clone()));
        let mut common = BTreeMap::from(derived);
        common.extend(loki.labels.clone());
        Self {
            common,
            max: loki.max_streams,
            known: HashMap::new(),
            labels: Vec::new(),
            told: false,
        }
    }

    /// The number of the stream that a line goes into, and whether it has its tool's label.
    /// `tool` is empty for a line outside of tools.
    pub(super) fn of(&mut self, level: &'static str, tool: &str) -> (usize, bool) {
        let tool = if self.common.contains_key(TOOL_NAME) {
            ""
        } else {
            tool
        };
        let known = self.known.entry(level).or_default();
        if let Some(number) = known.get(tool) {
            return (*number, true);
        }
        if !tool.is_empty() && self.labels.len() >= self.max {
            if !std::mem::replace(&mut self.told, true) {
                notice(&format!(
                    "logs: {} streams in Loki are all that loki_max_streams allows; \
                     lines of further tools have tool_name in the line only (counted)",
                    self.max
                ));
            }
            return (self.of(level, "").0, false);
        }
        let number = self.labels.len();
        known.insert(tool.to_owned(), number);
        self.labels.push(self.selector(level, tool));
        (number, true)
    }

    /// The labels of a stream, as Loki reads them: `{a="b", c="d"}`.
    pub(super) fn labels(&self, number: usize) -> &str {
        &self.labels[number]
    }

    fn selector(&self, level: &str, tool: &str) -> String {
        let mut labels: BTreeMap<&str, &str> = BTreeMap::from([(LEVEL, level), (TOOL_NAME, tool)]);
        labels.extend(self.common.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        // An empty label is the same as none.
        labels.retain(|_, value| !value.is_empty());
        let labels: Vec<_> = labels
            .into_iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        format!("{{{}}}", labels.join(", "))
    }
}

/// The label `level` of a record: one of seven, whatever its text says.
pub(super) fn level(record: &LogRecord) -> &'static str {
    match record.severity_number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unknown",
    }
}

/// A value between the quotation marks of a selector, as Go reads it.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in super::start_of(value, LONGEST_VALUE).chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(max_streams: usize, labels: &[(&str, &str)]) -> Streams {
        Streams::new(&config::Loki {
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            max_streams,
            ..super::super::testing::config("http://localhost")
        })
    }

    fn labels(streams: &mut Streams, level: &'static str, tool: &str) -> String {
        let (number, _) = streams.of(level, tool);
        streams.labels(number).to_owned()
    }

    #[test]
    fn a_stream_for_each_level_and_tool() {
        let mut streams = streams(10, &[]);
        let llm = streams.of("info", "llm");
        assert_eq!(
            streams.labels(llm.0),
            r#"{application="shop", environment="test", level="info", tool_name="llm"}"#
        );
        assert_eq!(streams.of("info", "llm"), llm);
        assert_ne!(streams.of("error", "llm"), llm);
        assert_eq!(
            labels(&mut streams, "info", ""),
            r#"{application="shop", environment="test", level="info"}"#
        );
    }

    #[test]
    fn what_is_configured_wins_over_what_is_derived() {
        let mut streams = streams(
            10,
            &[("application", "mine"), ("tool_name", "all"), ("team", "")],
        );
        let both = [streams.of("info", "a"), streams.of("info", "b")];
        assert_eq!(both[0], both[1], "one stream");
        assert_eq!(
            streams.labels(both[0].0),
            r#"{application="mine", environment="test", level="info", tool_name="all"}"#
        );
    }

    #[test]
    fn tools_beyond_the_bound_share_a_stream_and_are_counted() {
        let mut streams = streams(3, &[]);
        let labelled = (0..1000).filter(|tool| streams.of("info", &format!("tool_{tool}")).1);
        assert_eq!(labelled.count(), 3);
        assert_eq!(streams.labels.len(), 4, "three, and one that is nobody's");
        assert!(labels(&mut streams, "info", "tool_2").contains("tool_2"));
        assert!(!labels(&mut streams, "info", "tool_3").contains("tool_name"));
    }

    #[test]
    fn values_of_any_kind_are_quoted() {
        let mut streams = streams(10, &[]);
        let odd = labels(&mut streams, "info", "a\"b\\c\nd\u{1}é<T>::f");
        assert!(
            odd.ends_with("tool_name=\"a\\\"b\\\\c\\nd\\u0001é<T>::f\"}"),
            "{odd}"
        );
        let long = labels(&mut streams, "info", &"ä".repeat(2000));
        assert!(long.ends_with(&format!("=\"{}\"}}", "ä".repeat(1024))));
    }
}
