//! A case: what is known of a change, on its way to being an event.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::tool::Tool;
use super::{
    DetectorConfig, DriftType, Event, Interval, Measure, Metadata, Quantiles, Severity, Status,
    compare, describe,
};
use crate::TraceId;

pub(super) struct Case {
    pub(super) drift_type: DriftType,
    pub(super) status: Status,
    pub(super) measure: Measure,
    pub(super) before: f64,
    pub(super) now: f64,
    /// Relative.
    pub(super) change: f64,
    pub(super) after: Option<Quantiles>,
    pub(super) calls: u64,
    /// The number of the tool's newest call that led to it.
    pub(super) sample: u64,
    /// Nanoseconds since 1970, as the next.
    pub(super) since: Option<u64>,
    pub(super) interval: Option<(u64, u64)>,
    pub(super) caller: Option<String>,
    pub(super) score: f64,
    pub(super) score_limit: f64,
}

impl Case {
    pub(super) fn event(self, tool: &Tool, config: &DetectorConfig) -> Event {
        let sample = self.sample;
        let first = sample.saturating_sub(self.calls);
        // What has ended after an anomaly shows nothing of it.
        let last = match self.drift_type {
            DriftType::Anomaly => sample,
            _ => u64::MAX,
        };
        let (traces_before, traces_after) = tool.traces.around(first, last);
        let percent = 100.0 * self.change;
        let interval = self.interval.map(|(from, to)| Interval {
            from: moment(from),
            to: moment(to),
        });
        let mut event = Event {
            timestamp: moment(tool.last_at),
            tool_name: tool.name.clone(),
            drift_type: self.drift_type,
            severity: Severity::of_percent(percent),
            status: self.status,
            baseline_value: self.before,
            current_value: self.now,
            deviation_percent: percent,
            description: String::new(),
            metadata: Metadata {
                measure: self.measure,
                before: compare::quantiles(&tool.watch.normal),
                after: self.after,
                since: self.since.filter(|_| config.timed).map(moment),
                since_interval: interval.filter(|_| config.timed),
                calls: self.calls,
                sample,
                sample_since: first + 1,
                traces_before,
                traces_after,
                caller: self.caller,
                service_version: config.service_version.clone(),
                baseline_version: tool.baseline_version.clone(),
                environment: config.environment.clone(),
                score: self.score,
                score_limit: self.score_limit,
            },
        };
        event.description = describe::sentence(&event);
        event
    }
}

fn moment(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// Examples: the newest traces, and some from long before.
#[derive(Debug, Default)]
pub(super) struct Traces {
    /// In a ring, the oldest at `next` once it is full.
    newest: [Option<(u64, TraceId)>; EXAMPLES],
    next: u8,
    /// That of the slowest of the calls that are looked at together, and its duration.
    slowest: Option<(u64, TraceId)>,
    slowest_nanos: u64,
    /// The call from which on one is kept as an older one.
    next_older: u64,
    older: VecDeque<(u64, TraceId)>,
}

/// Of each of the two.
const EXAMPLES: usize = 4;
/// Calls between two of the older ones.
const APART: u64 = 256;

impl Traces {
    /// Calls that are looked at together begin here.
    pub(super) fn begin(&mut self) {
        self.slowest = None;
        self.slowest_nanos = 0;
    }

    /// `nanos`: the duration of a success.
    #[inline]
    pub(super) fn add(&mut self, call: u64, trace: TraceId, nanos: u64) {
        if nanos > self.slowest_nanos {
            self.slowest = Some((call, trace));
            self.slowest_nanos = nanos;
        }
        let place = &mut self.newest[usize::from(self.next) % EXAMPLES];
        self.next = (self.next + 1) % EXAMPLES as u8;
        if let Some(gone) = place.replace((call, trace))
            && gone.0 >= self.next_older
        {
            self.keep(gone);
        }
    }

    #[cold]
    fn keep(&mut self, gone: (u64, TraceId)) {
        self.next_older = gone.0 + APART;
        self.older.push_back(gone);
        if self.older.len() > EXAMPLES {
            self.older.pop_front();
        }
    }

    /// Those of calls up to `call`, and those after it up to `last`.
    fn around(&self, call: u64, last: u64) -> (Vec<String>, Vec<String>) {
        let (newer, oldest) = self.newest.split_at(usize::from(self.next));
        let newest = oldest.iter().chain(newer).flatten();
        // The slowest may be one of the newest, too.
        let is_new = |slowest: &&(u64, TraceId)| newest.clone().all(|known| known.0 != slowest.0);
        let slowest = self.slowest.iter().filter(is_new);
        let all = self.older.iter().chain(slowest).chain(newest.clone());
        let all = all.filter(|trace| trace.0 <= last);
        let (before, after): (Vec<_>, Vec<_>) = all.partition(|trace| trace.0 <= call);
        let text =
            |traces: Vec<&(u64, TraceId)>| traces.iter().map(|trace| trace.1.to_string()).collect();
        (text(before), text(after))
    }
}
