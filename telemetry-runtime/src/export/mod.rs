//! From encoded batches to a backend: bounded queues, their threads, retry.

use std::time::{Duration, Instant};

#[cfg(feature = "_proto")]
pub(crate) mod attributes;
#[cfg(feature = "console")]
pub(crate) mod console;
mod destination;
#[cfg(feature = "file")]
pub(crate) mod file;
mod held;
mod news;
mod pace;
mod queue;
#[cfg(all(test, feature = "_proto"))]
pub(crate) mod samples;
#[cfg(feature = "logs")]
mod spill;
#[cfg(not(feature = "logs"))]
#[path = "no_spill.rs"]
mod spill;
mod tally;
mod thread;
mod worker;

pub(crate) use destination::Destination;
pub(crate) use tally::{Cause, Tally};
pub(crate) use thread::{is_own_thread, mark_own, spawn};

/// What a batch carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    /// The value of the attribute `signal`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// Whose items a batch holds. Each lane of a queue has its own bound, so that neither takes
/// the other's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Made of calls and numbers by this crate. Whoever pushes them never waits.
    Calls,
    /// The program's own log lines, which may wait for room (`logs_overflow: block`).
    Lines,
}

/// One request, encoded once for all destinations: the protobuf body that OTLP/HTTP takes
/// (`ExportTraceServiceRequest`, `ExportMetricsServiceRequest`, `ExportLogsServiceRequest`).
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) signal: Signal,
    pub(crate) lane: Lane,
    /// Spans, metric points or log records in it.
    pub(crate) items: u64,
    pub(crate) body: Vec<u8>,
}

/// Takes batches to one backend, on a thread of its own; it may block up to `deadline`.
pub(crate) trait Exporter: Send {
    /// Sends one batch, once. The queue's thread retries.
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused>;

    /// Writes out what the exporter itself holds back. Called at a flush.
    fn flush(&mut self, _deadline: Instant) {}
}

/// The backend's answer to a batch that it took.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// Items that it refused of it (partial success).
    pub(crate) rejected: u64,
    /// What it said with that. Never holds a header's value.
    pub(crate) message: Option<String>,
    /// Items that it has otherwise than they were made, by reason.
    pub(crate) changed: Vec<(&'static str, u64)>,
}

/// Why a batch did not get there. `why` names the URL without its query and user part.
#[derive(Debug)]
#[cfg_attr(
    not(any(
        feature = "_http",
        feature = "otlp-grpc",
        feature = "file",
        feature = "sdk"
    )),
    expect(
        dead_code,
        reason = "the exporters compiled in do not fail, or not for a while only"
    )
)]
pub(crate) enum Refused {
    /// Worth trying again, not before `after` where the backend said so.
    Retry {
        after: Option<Duration>,
        why: String,
    },
    /// Not worth it: the batch is lost.
    Lost { why: String },
}
