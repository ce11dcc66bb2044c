//! Spans: written out.

#[cfg(feature = "console")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
pub(crate) mod console;
#[cfg(feature = "zipkin")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
pub(crate) mod zipkin;
