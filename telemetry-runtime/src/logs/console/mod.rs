//! Log records on standard output.

mod json;
mod line;

#[cfg(test)]
mod tests;

use std::io::{Stdout, Write};
use std::time::Instant;

use crate::config::LogsFormat;
use crate::export::console::Output;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::logs::records;
use crate::otlp::decode_logs;

/// Writes each record as a line, as some lines, or as a JSON object.
#[derive(Debug)]
pub(crate) struct Console<W = Stdout> {
    format: LogsFormat,
    output: Output<W>,
}

impl Console {
    pub(crate) fn new(format: LogsFormat) -> Self {
        Self {
            format,
            output: Output::stdout(),
        }
    }
}

impl<W: Write + Send> Exporter for Console<W> {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let request = decode_logs(&batch.body).map_err(|error| Refused::Lost {
            why: format!("console: {error}"),
        })?;
        let style = self.output.style;
        let text: String = records::of(&request)
            .map(|record| match self.format {
                LogsFormat::Compact => line::compact(record, style),
                LogsFormat::Pretty => line::pretty(record, style),
                LogsFormat::Json => json::of(record),
            })
            .collect();
        self.output.write(&text, deadline)
    }
}
