//! Log records: a line a call, and what the program itself writes.

mod budget;
mod calls;
#[cfg(feature = "console")]
pub(crate) mod console;
mod fields;
mod lines;
#[cfg(feature = "loki")]
pub(crate) mod loki;
mod mask;
mod message;
mod note;
mod notes;
#[cfg(any(feature = "console", feature = "loki"))]
mod records;
mod settings;
#[cfg(feature = "tracing-loki")]
pub(crate) mod tracing_loki;

use calls::span_of;
pub(crate) use calls::{CallLogs, Rules, suppressed};
pub use lines::layer;
pub(crate) use lines::{FRONT, Limits, Lines, install, parse};
pub(crate) use note::{Note, WriteNote};
pub(crate) use notes::Notes;
pub(crate) use settings::configure;
