//! Spans: encoded from records, and written out.

#[cfg(feature = "console")]
pub(crate) mod console;
#[cfg(feature = "trace")]
mod sink;
#[cfg(feature = "zipkin")]
pub(crate) mod zipkin;

#[cfg(feature = "trace")]
pub(crate) use sink::{Rules, SpanCounts, Spans};
