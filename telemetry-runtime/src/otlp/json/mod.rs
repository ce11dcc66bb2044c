//! OTLP/JSON from the protobuf bytes, by way of `opentelemetry-proto`'s serde.

mod writer;

use std::io;

use serde::Serialize;

use super::decode::{decode_logs, decode_metrics, decode_traces};
use crate::export::{Batch, Signal};

/// The same request as JSON on one line, without the end of the line.
pub(crate) fn request(batch: &Batch) -> io::Result<Vec<u8>> {
    match batch.signal {
        Signal::Traces => written(&decode_traces(&batch.body)?),
        Signal::Metrics => written(&decode_metrics(&batch.body)?),
        Signal::Logs => written(&decode_logs(&batch.body)?),
    }
}

fn written(request: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    request.serialize(writer::Writer(&mut out))?;
    Ok(out)
}

#[cfg(test)]
mod tests;
