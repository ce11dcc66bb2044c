//! From the threads' rings to the sinks: one thread drains them all, every few
//! milliseconds, and never does I/O.

mod drain;
mod overflow;
mod thread;
mod wake;

#[cfg(not(all(feature = "trace", feature = "_export")))]
pub(crate) use drain::Nowhere;
pub(crate) use drain::SpanSink;
pub(crate) use overflow::{Overflow, add_orphan};
pub(crate) use thread::Collector;
pub(crate) use wake::wake;
