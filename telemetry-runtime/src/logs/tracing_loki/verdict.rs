//! What tracing-loki says of a portion: nothing when it arrived, an event when it did not.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::metadata::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::export::Refused;

/// Listens while the task runs.
#[derive(Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<Option<String>>>);

impl Verdict {
    /// Why it did not arrive; `None` if nothing was said. A status is only in the text; what the
    /// server said with it, and its `Retry-After`, are not told at all.
    pub(super) fn failure(&self) -> Option<Refused> {
        let why = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let refused = why.contains("HTTP status client error") && !why.contains("(429 ");
        // The URL may have a user part.
        let why = why.split(" for url ").next().unwrap_or_default().to_owned();
        Some(if refused {
            Refused::Lost { why }
        } else {
            Refused::Retry { after: None, why }
        })
    }
}

impl Subscriber for Verdict {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tracing_loki")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn event(&self, event: &Event<'_>) {
        let mut error = Error(None);
        event.record(&mut error);
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = error.0;
        }
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// The field `error`.
struct Error(Option<String>);

impl Visit for Error {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}
