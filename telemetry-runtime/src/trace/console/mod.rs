//! Spans on standard output, a line each.

mod json;
mod line;

#[cfg(test)]
mod tests;

use std::io::{Stdout, Write};
use std::time::Instant;

use crate::config::ConsoleFormat;
use crate::export::console::Output;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::otlp::decode_traces;

/// Writes each span as a line for people, or as a JSON object.
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
        let request = decode_traces(&batch.body).map_err(|error| Refused::Lost {
            why: format!("console: {error}"),
        })?;
        let mut text = String::new();
        for from in &request.resource_spans {
            for scope in &from.scope_spans {
                for span in &scope.spans {
                    text.push_str(&match self.format {
                        ConsoleFormat::Text => line::of(span, self.output.style),
                        ConsoleFormat::Json => {
                            json::of(span, scope.scope.as_ref(), from.resource.as_ref())
                        }
                    });
                }
            }
        }
        self.output.write(&text, deadline)
    }
}
