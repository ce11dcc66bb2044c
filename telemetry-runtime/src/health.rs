//! What telemetry knows of itself.

use std::net::SocketAddr;
use std::time::SystemTime;

/// The state of telemetry at one moment. Also exported, as the metrics `telemetry.*`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Health {
    /// Calls are recorded.
    pub running: bool,
    /// Tools seen so far.
    pub tools: u64,
    /// Calls that counted as `_other`, since `max_tools` names were taken.
    pub calls_over_max_tools: u64,
    /// Spans of calls that found no room on their way to the exporters: more calls than can be taken in.
    pub spans_dropped_before_export: u64,
    /// Spans of OpenTelemetry's SDK that found no room on their way to the exporters, or ended after
    /// telemetry did.
    pub sdk_spans_dropped: u64,
    /// Attributes and events that spans and log lines had no room for: each has 128 at most, and says how
    /// many are missing.
    pub attributes_dropped: u64,
    /// Records of calls that were not written since their tool had written `log_calls_per_second`
    /// already. A record each minute says of which tools.
    pub call_logs_suppressed: u64,
    /// Threads that have made calls and not ended, and those that have ended of which something is
    /// still to be collected.
    pub calling_threads: usize,
    /// Bytes of the rings in which finished calls wait, 64 records a thread at first: never more than
    /// `calls_queue_max_bytes`. A thread that finds no room among them counts its calls by itself.
    pub calls_queue_bytes: usize,
    /// Calls that have been running longer than `running_after_ms` and than their own
    /// threshold, longest first. They leave no record before they end.
    pub long_calls: Vec<LongCall>,
    /// Such calls since `init`, those that have ended since too.
    pub long_calls_seen: u64,
    /// Log lines of the program that found no room on their way to the exporters.
    pub log_lines_dropped_before_export: u64,
    /// Where batches go, spans' destinations first.
    pub destinations: Vec<DestinationHealth>,
    /// Drift detection.
    pub drift: DriftHealth,
    /// The address of the pull endpoint, or why there is none though it was asked for.
    pub prometheus: Option<Pulled>,
    /// Where baselines and drift events are kept; `None` where nothing is.
    pub store: Option<StoreHealth>,
}

/// Where baselines and drift events are kept.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StoreHealth {
    /// `sqlite` or `postgres`.
    pub kind: &'static str,
    /// The file, or the server's URL without its password.
    pub place: String,
    /// What was learned before has been read.
    pub loaded: bool,
    /// Events that are stored.
    pub events_written: u64,
    /// Events that wait: the store is out of reach.
    pub events_waiting: u64,
    /// Events that were lost: more waited than `store_queue_max_events`, the store would never
    /// take them, or telemetry ended before it was back.
    pub events_dropped: u64,
    /// Times that what a tool has taught, a minute's worth of calls, was lost: the store would never take it,
    /// or telemetry ended before it was back.
    pub growth_dropped: u64,
    /// Operations that failed.
    pub failures: u64,
    /// The last of them.
    pub last_error: Option<LastError>,
    /// When something was last written.
    pub last_written: Option<SystemTime>,
}

/// How drift detection is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftHealth {
    /// Calls are watched.
    pub watching: bool,
    /// Tools that the detector knows.
    pub tools: u64,
    /// Calls that it was handed.
    pub calls: u64,
    /// Those of them that came counted by tool, without their order: more calls than rings, or
    /// chunks, had room for. Nothing is missing from baselines; a burst among them is not seen.
    pub calls_unordered: u64,
    /// Calls that it was not handed: its thread has ended.
    pub calls_lost: u64,
    /// Calls that were sent although not sampled, since their tool had drifted (`traces_keep`).
    pub calls_kept: u64,
    /// Events so far.
    pub events: u64,
    /// Tools that gave way to others, since `drift_max_tools` were watched.
    pub tools_evicted: u64,
    /// Events that a subscriber was too slow for.
    pub notifications_dropped: u64,
    /// Events at which a callback panicked.
    pub callback_panics: u64,
}

/// Where the pull endpoint listens, or why it does not.
pub type Pulled = Result<SocketAddr, String>;

/// One destination.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DestinationHealth {
    /// What the configuration calls it: `otlp`, `console`, `file`, …
    pub name: String,
    /// `traces`, `metrics` or `logs`.
    pub signal: &'static str,
    /// Items that it took.
    pub delivered: u64,
    /// Items that were lost, by cause; causes that have not come about are left out.
    ///
    /// | cause | |
    /// |---|---|
    /// | `queue_full` | more waited than `traces_queue_max_bytes`, `metrics_queue_max_bytes` or `logs_queue_max_bytes` |
    /// | `expired` | tried again for five minutes |
    /// | `refused` | the server will not have the batch: 400, 401, … |
    /// | `rejected` | the server took the batch but not these items |
    /// | `shutdown` | still waiting, after a last attempt, when telemetry ended |
    /// | `panic` | the exporter panicked |
    /// | `damaged` | kept in a spill file that cannot be read any more |
    pub dropped: Vec<(&'static str, u64)>,
    /// Attempts that failed.
    pub failures: u64,
    /// The last of them.
    pub last_error: Option<LastError>,
    /// Bytes that wait in memory.
    pub queue_bytes: usize,
    /// Batches that wait in memory.
    pub queue_batches: usize,
    /// Items that wait in the spill file (`logs_overflow: spill`).
    pub spilled: u64,
    /// Bytes of that file.
    pub spilled_bytes: u64,
    /// Items that it has otherwise than they were made, by reason; reasons that have not come
    /// about are left out.
    ///
    /// | reason | |
    /// |---|---|
    /// | `cut` | a line was longer than `loki_max_line_bytes` |
    /// | `max_streams` | its stream has no `tool_name`: there are `loki_max_streams` already |
    pub changed: Vec<(&'static str, u64)>,
}

/// What went wrong last. Names the server, never a header or a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LastError {
    /// One line.
    pub text: String,
    /// When.
    pub at: SystemTime,
}

/// A call that runs and has been running for long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LongCall {
    /// The tool's name.
    pub tool: String,
    /// When it began, within 50 ms.
    pub since: SystemTime,
    /// The thread that it runs on; `None` for the call of a future, which waits as well as runs.
    pub thread: Option<String>,
}
