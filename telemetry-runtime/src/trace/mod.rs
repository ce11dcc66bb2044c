//! Spans: encoded from records, and written out.

#[cfg(feature = "console")]
pub(crate) mod console;
#[cfg(feature = "_export")]
mod sink;

#[cfg(feature = "_export")]
pub(crate) use sink::{Rules, SpanCounts, Spans};
