//! Spans: encoded from records, and written out.

#[cfg(feature = "console")]
pub(crate) mod console;
#[cfg(feature = "_export")]
mod sink;
#[cfg(feature = "zipkin")]
pub(crate) mod zipkin;

#[cfg(feature = "_export")]
pub(crate) use sink::{Rules, SpanCounts, Spans};
