//! A `SpanExporter` of a user's, which keeps what it gets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use telemetry_runtime::{Builder, Telemetry, ToolStatistics, track_tool_call};

use crate::{PATIENCE, alone};

/// Every span that was sent. Clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.lock().extend(batch);
        Ok(())
    }
}

impl Spans {
    /// Telemetry whose spans come here and nowhere else.
    pub fn telemetry(&self) -> Telemetry {
        self.telemetry_with(|builder| builder)
    }

    /// The same with more said.
    ///
    /// # Panics
    ///
    /// Where it does not start.
    pub fn telemetry_with(&self, say: impl FnOnce(Builder) -> Builder) -> Telemetry {
        let builder = Telemetry::builder().no_file().span_exporter(self.clone());
        say(builder).init().expect("a right configuration")
    }

    /// Ends telemetry and gives all it sent, in the order of their start.
    ///
    /// # Panics
    ///
    /// Where something was lost.
    pub fn after(&self, telemetry: Telemetry) -> Sent {
        let report = telemetry.shutdown(PATIENCE);
        assert!(report.is_complete(), "{report}");
        self.sent()
    }

    /// All that has come so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let mut sent = self.lock().clone();
        sent.sort_by_key(|span| span.start_time);
        Sent(sent)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans, to be asked.
#[derive(Debug)]
pub struct Sent(pub Vec<SpanData>);

impl Sent {
    /// The only span of this name, without its prefix `tool.`.
    ///
    /// # Panics
    ///
    /// Where there is none, or more.
    #[must_use]
    pub fn one(&self, tool: &str) -> &SpanData {
        let found = self.all(tool);
        assert_eq!(found.len(), 1, "spans of {tool:?} in {:?}", self.names());
        found[0]
    }

    /// All spans of this name.
    #[must_use]
    pub fn all(&self, tool: &str) -> Vec<&SpanData> {
        let named =
            |span: &&SpanData| span.name.strip_prefix("tool.").unwrap_or(&span.name) == tool;
        self.0.iter().filter(named).collect()
    }

    /// The names of all, in the order of their start.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    /// Whether `child` is a direct child of `parent` in the same trace.
    #[must_use]
    pub fn is_child(&self, child: &str, parent: &str) -> bool {
        let (child, parent) = (self.one(child), self.one(parent));
        child.parent_span_id == parent.span_context.span_id()
            && child.span_context.trace_id() == parent.span_context.trace_id()
    }

    /// Whether the only span of this name has no parent.
    #[must_use]
    pub fn is_root(&self, tool: &str) -> bool {
        self.one(tool).parent_span_id == SpanId::INVALID
    }
}

/// Around what is measured, so that all of it is one trace.
const MEASURED: &str = "measured";

/// What telemetry tells of what `run` does, on this thread: a line a call, in the order of their start, with outcome
/// and `error.type`; equal ones in a row are one. Spans and metrics are held against each other.
///
/// # Panics
///
/// Where the two do not agree.
pub fn measured(run: impl FnOnce()) -> Vec<String> {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let before = telemetry_runtime::statistics();
    // Other tests of the file may call tools of their own meanwhile, in traces of their own.
    let root = track_tool_call(MEASURED, ());
    run();
    drop(root);
    let after = telemetry_runtime::statistics();
    let sent = spans.after(telemetry);
    let trace = sent.one(MEASURED).span_context.trace_id();

    let mut counted: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    let mut lines: Vec<(String, u32)> = Vec::new();
    let is_of_root = |span: &&SpanData| span.span_context.trace_id() == trace;
    for span in sent.0.iter().filter(is_of_root) {
        let tool = span.name.strip_prefix("tool.").unwrap_or(&span.name);
        if tool == MEASURED {
            continue;
        }
        let status = attribute(span, "tool.status").unwrap_or_default();
        let counts = counted.entry(tool).or_default();
        counts[0] += 1;
        counts[1] += u64::from(status == "error" || status == "panic");
        counts[2] += u64::from(status == "cancelled");
        let error_type = attribute(span, "error.type").filter(|it| *it != status);
        let line = [Some(tool.to_owned()), Some(status), error_type];
        let line = line.into_iter().flatten().collect::<Vec<_>>().join(" ");
        match lines.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => lines.push((line, 1)),
        }
    }
    let of = |all: &[ToolStatistics], tool: &str| {
        let found = all.iter().find(|it| it.name == tool);
        found.map_or([0; 3], |it| [it.calls, it.errors, it.cancelled])
    };
    for (tool, counts) in counted {
        let (before, after) = (of(&before, tool), of(&after, tool));
        let grown = [0, 1, 2].map(|at| after[at] - before[at]);
        assert_eq!(grown, counts, "calls, errors, cancelled of {tool}");
    }
    let line = |(line, times)| match times {
        1 => line,
        _ => format!("{line} ×{times}"),
    };
    lines.into_iter().map(line).collect()
}

/// An attribute's value as text, as `Display` of OpenTelemetry writes it.
#[must_use]
pub fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span
        .attributes
        .iter()
        .find(|found| found.key.as_str() == key);
    found.map(|found| found.value.to_string())
}

/// How long a span says it took.
#[must_use]
pub fn duration(span: &SpanData) -> Duration {
    span.end_time
        .duration_since(span.start_time)
        .unwrap_or_default()
}
