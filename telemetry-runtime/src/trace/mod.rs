//! Spans: written out.

#[cfg(feature = "console")]
pub(crate) mod console;
