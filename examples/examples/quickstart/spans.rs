//! The spans of this run, kept in memory for the report.
//!
//! An exporter like any other: it is given what the file or the server is given.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// More are not kept, so that a huge directory does not fill the memory.
const MOST: usize = 300_000;
/// Parameters that tell a reader which call it was, the best first.
const SUBJECTS: [&str; 3] = ["tool.param.path", "tool.param.name", "tool.param.left"];

/// One call, as small as the report can do with.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) tool: String,
    pub(crate) subject: Option<Box<str>>,
    pub(crate) start: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) failure: Option<Box<Failure>>,
}

/// Why a call failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// What was kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) spans: Vec<Span>,
    /// Spans that came when there was no more room.
    pub(crate) left_out: usize,
}

/// The keeper's side that the report asks.
#[derive(Debug, Default)]
pub(crate) struct Spans(Arc<Mutex<Kept>>);

impl Spans {
    pub(crate) fn exporter(&self) -> impl SpanExporter + 'static {
        Keeper(Arc::clone(&self.0))
    }

    /// All that has come so far.
    pub(crate) fn take(&self) -> Kept {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
struct Keeper(Arc<Mutex<Kept>>);

impl SpanExporter for Keeper {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST.saturating_sub(kept.spans.len());
        kept.left_out += batch.len().saturating_sub(room);
        kept.spans
            .extend(batch.into_iter().take(room).map(Span::from));
        Ok(())
    }
}

impl From<SpanData> for Span {
    fn from(data: SpanData) -> Self {
        let text = |key: &str| {
            let found = data.attributes.iter().find(|it| it.key.as_str() == key)?;
            Some(found.value.as_str().into_owned())
        };
        let tool = text("tool.name").unwrap_or_else(|| data.name.clone().into_owned());
        let subject = SUBJECTS.iter().find_map(|key| text(key));
        let failure = matches!(data.status, Status::Error { .. }).then(|| {
            Box::new(Failure {
                kind: text("error.type").unwrap_or_default(),
                message: text("error.message").unwrap_or_default(),
            })
        });
        Self {
            trace: data.span_context.trace_id(),
            id: data.span_context.span_id(),
            parent: data.parent_span_id,
            duration: data
                .end_time
                .duration_since(data.start_time)
                .unwrap_or_default(),
            start: data.start_time,
            subject: subject.map(Into::into),
            tool,
            failure,
        }
    }
}
