//! What a program that was measured prints: one JSON document.

use serde::{Deserialize, Serialize};

use crate::latency::Quantiles;
use crate::peer;
use crate::spread::Spread;

/// Which library, set up how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// [`Peer::NAME`](crate::Peer::NAME)
    pub peer: String,
    /// [`Peer::VERSIONS`](crate::Peer::VERSIONS)
    pub versions: Vec<String>,
    /// [`Variant::name`](crate::Variant::name)
    pub variant: String,
    /// [`Variant::what`](crate::Variant::what)
    pub what: String,
    /// [`Peer::settings`](crate::Peer::settings)
    pub settings: Vec<String>,
}

/// What calls cost the thread that makes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// Of whom.
    pub subject: Subject,
    /// Calls of a batch.
    pub batch: u64,
    /// Batches of each case.
    pub rounds: usize,
    /// The floor's first.
    pub cases: Vec<CallCost>,
}

/// One case of [`Calls`]. Nanoseconds a call, the bare call's taken off, quantile by quantile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallCost {
    /// [`Case::name`](crate::Case::name)
    pub case: String,
    /// What was taken off.
    pub bare: Spread,
    /// In batches, all queues empty at the start of each.
    pub ns: Spread,
    /// Batch after batch, nothing emptied between; not every case has it.
    pub tight: Option<Spread>,
    /// The median as a multiple of the floor's, two reads of the counter, in the same rounds.
    pub floors: f64,
}

/// What several threads get done together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Threads {
    /// Of whom.
    pub subject: Subject,
    /// By what is called, and by how many threads.
    pub results: Vec<Throughput>,
}

/// One number of [`Threads`]. The bare call is not taken off: it is measured as the others are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Throughput {
    /// What is called.
    pub what: String,
    /// By how many.
    pub threads: usize,
    /// Nanoseconds a call in the slower thread, in bursts of a batch each, queues emptied
    /// between.
    pub burst_ns: Option<Spread>,
    /// Without a pause: nanoseconds of the wall's clock a call, of all threads together.
    pub loop_wall_ns: Spread,
    /// Without a pause: nanoseconds of the callers' processor time a call.
    pub loop_cpu_ns: Spread,
}

/// A steady rate of calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Steady {
    /// Of whom.
    pub subject: Subject,
    /// Calls a second.
    pub rate: u64,
    /// For how long.
    pub seconds: f64,
    /// So many were made.
    pub calls: u64,
    /// Of the process, as a share of a core; the loop alone is taken off.
    pub cpu: f64,
    /// What was taken off.
    pub cpu_of_loop: f64,
    /// Of the process.
    pub memory: Memory,
    /// What a call took longer than a bare one, by quantiles.
    pub added_ns: Quantiles,
    /// What the bare one took, two reads of the counter included.
    pub bare_ns: Quantiles,
    /// What the library knows of losses.
    pub finish: Finish,
}

/// More calls than can be taken in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Overload {
    /// Of whom.
    pub subject: Subject,
    /// So many called.
    pub threads: usize,
    /// For how long.
    pub seconds: f64,
    /// So many were made.
    pub calls: u64,
    /// Of the process, in cores, sending what was left included.
    pub cpu: f64,
    /// Of the process.
    pub memory: Memory,
    /// From the last call until everything left was sent or given up.
    pub drain_seconds: f64,
    /// What the library knows of losses.
    pub finish: Finish,
}

/// A burst of log lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lines {
    /// Of whom.
    pub subject: Subject,
    /// So many wrote.
    pub threads: u64,
    /// So many were written.
    pub lines: u64,
    /// From the first line to the last.
    pub written_seconds: f64,
    /// From the last line until everything left was sent or given up.
    pub drain_seconds: f64,
    /// Of the process, s.
    pub cpu_seconds: f64,
    /// Of the process; half time is after the last line, the end before what was left was sent.
    pub memory: Memory,
    /// Lines that the library says it dropped.
    pub dropped: Option<u64>,
}

/// Resident memory of the process, KiB.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Before the library was set up.
    pub before: u64,
    /// At half time.
    pub half: u64,
    /// After the last call.
    pub end: u64,
    /// At the worst moment.
    pub peak: u64,
}

/// [`peer::Finish`]
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Finish {
    /// Spans that the library says it dropped.
    pub spans_dropped: Option<u64>,
    /// Calls that its metrics have counted.
    pub calls_counted: Option<u64>,
}

impl From<peer::Finish> for Finish {
    fn from(finish: peer::Finish) -> Self {
        let peer::Finish {
            spans_dropped,
            calls_counted,
        } = finish;
        Self {
            spans_dropped,
            calls_counted,
        }
    }
}

/// The variants of a peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// [`Peer::NAME`](crate::Peer::NAME)
    pub peer: String,
    /// [`Peer::OTLP`](crate::Peer::OTLP)
    pub otlp: bool,
    /// Whether it writes lines to Loki.
    pub lines: bool,
    /// Name and cases of each.
    pub variants: Vec<ListedVariant>,
}

/// One of [`Listed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListedVariant {
    /// [`Variant::name`](crate::Variant::name)
    pub name: String,
    /// Names of its cases while it runs.
    pub cases: Vec<String>,
}
