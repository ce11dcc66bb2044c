//! What the console exporters share: standard output, and texts that are safe to show there.

mod output;
mod text;

pub(crate) use output::Output;
pub(crate) use text::{Style, duration, escaped, escaped_whole, line, quoted};

pub(crate) use crate::rfc3339::milliseconds as time;
