//! Metrics on standard output: a table of the tools, and whatever else there is.

mod durations;
mod json;
mod points;
mod table;

#[cfg(test)]
mod tests;

use std::io::{Stdout, Write};
use std::time::Instant;

use crate::config::ConsoleFormat;
use crate::export::console::Output;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::otlp::decode_metrics;
use points::Points;

/// Writes each batch as a table for people, or as JSON objects.
#[derive(Debug)]
pub(crate) struct Console<W = Stdout> {
    format: ConsoleFormat,
    output: Output<W>,
}

impl Console {
    pub(crate) fn new(format: ConsoleFormat) -> Self {
        Self {
            format,
            output: Output::stdout(),
        }
    }
}

impl<W: Write + Send> Exporter for Console<W> {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let request = decode_metrics(&batch.body).map_err(|error| Refused::Lost {
            why: error.to_string(),
        })?;
        let points = Points::of(request);
        let text = match self.format {
            ConsoleFormat::Text => table::of(&points, self.output.style),
            ConsoleFormat::Json => json::of(&points),
        };
        self.output.write(&text, deadline)
    }
}
