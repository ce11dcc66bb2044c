//! Log records, written straight into the request that carries them.

mod parts;
mod writer;

use std::sync::Arc;

pub(crate) use parts::LogParts;
pub(crate) use writer::{LogWriter, set_time};

use super::open::{ITEM, OpenBatch};
use super::resource::Resource;
use super::wire;
use crate::call::clock;
use crate::export::{Batch, Lane, Signal};

/// What every record has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogData<'a> {
    /// When it happened: Unix time, ns.
    pub(crate) time: u64,
    /// When it came to be known here: Unix time, ns.
    pub(crate) observed: u64,
    pub(crate) severity: Severity,
    /// The span it belongs to.
    pub(crate) span: Option<SpanRef>,
    /// What kind of event it is; empty for a line.
    pub(crate) event_name: &'a str,
    /// The message.
    pub(crate) body: &'a str,
}

impl<'a> LogData<'a> {
    /// Of what is so now, and belongs to no span.
    pub(crate) fn now(severity: Severity, event_name: &'a str, body: &'a str) -> Self {
        let time = clock::unix_now();
        Self {
            time,
            observed: time,
            severity,
            span: None,
            event_name,
            body,
        }
    }
}

/// The span that a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanRef {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) sampled: bool,
}

/// How grave a record is, by its number in OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Severity {
    Trace = 1,
    Debug = 5,
    Info = 9,
    Warn = 13,
    Error = 17,
    Fatal = 21,
}

impl Severity {
    /// In upper case, as lines show it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// The open batch: records are appended to it until it is [closed](LogEncoder::close).
#[derive(Debug)]
pub(crate) struct LogEncoder(OpenBatch);

impl LogEncoder {
    pub(crate) fn new(resource: &Resource, lane: Lane) -> Self {
        Self(OpenBatch::new(Signal::Logs, lane, resource))
    }

    /// Appends a record. `details` adds its attributes.
    pub(crate) fn push(&mut self, log: &LogData<'_>, details: impl FnOnce(&mut LogWriter<'_>)) {
        self.0.push(|body| {
            let mut writer = LogWriter::new(body);
            writer.data(log);
            details(&mut writer);
        });
    }

    /// Appends what [`record`] has written.
    pub(crate) fn extend(&mut self, encoded: &[u8], records: u64) {
        self.0.extend(encoded, records);
    }

    /// Records in the open batch.
    pub(crate) fn records(&self) -> u64 {
        self.0.items()
    }

    /// Length of the open batch's body, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The batch, and a new one is open. `None` if there is no record in it.
    pub(crate) fn close(&mut self) -> Option<Arc<Batch>> {
        self.0.close()
    }
}

/// Appends one record to `out`, for [`LogEncoder::extend`].
pub(crate) fn record(out: &mut Vec<u8>, write: impl FnOnce(&mut LogWriter<'_>)) {
    wire::message(out, ITEM, |out| write(&mut LogWriter::new(out)));
}

#[cfg(test)]
#[cfg(feature = "_proto")]
mod tests;
