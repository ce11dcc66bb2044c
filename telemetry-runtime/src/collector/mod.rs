//! From the threads' rings to the sinks: one thread drains them all, every few
//! milliseconds, and never does I/O.

mod drain;
mod overflow;
mod sink;
mod thread;
mod wake;

pub(crate) use overflow::{Overflow, Uncollected, add_orphan};
pub(crate) use sink::Sink;
pub(crate) use thread::Collector;
pub(crate) use wake::wake;
