//! What the console exporters share: standard output, and texts that are safe to show there.

mod output;
#[cfg(test)]
mod testing;
mod text;

pub(crate) use output::Output;
#[cfg(test)]
pub(crate) use testing::fuzz_console;
pub(crate) use text::{Style, duration, escaped, escaped_whole, line, quoted};

pub(crate) use crate::rfc3339::milliseconds as time;
