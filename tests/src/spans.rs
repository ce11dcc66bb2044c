//! A `SpanExporter` of a user's, which keeps what it gets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use telemetry_runtime::{Builder, Telemetry};

use crate::PATIENCE;

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
