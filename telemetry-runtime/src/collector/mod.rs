//! From the threads' rings to the sinks: one thread drains them all, every few
//! milliseconds, and never does I/O.

mod drain;
mod left_out;
mod long;
mod overflow;
mod sink;
#[cfg(test)]
mod tests;
mod thread;
mod wake;

pub(crate) use left_out::{add_left_out, left_out};
pub(crate) use long::{long_calls, set_running_after, told};
pub(crate) use overflow::{Overflow, Uncollected, add_orphan};
pub(crate) use sink::{Captured, Sink};
pub(crate) use thread::{Collector, threads};
pub(crate) use wake::wake;
