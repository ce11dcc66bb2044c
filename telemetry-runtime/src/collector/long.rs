//! Calls that take long, told while they still run: what hangs leaves no record.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::drain::LANES;
use super::sink::Sink;
use super::thread::lock;
use crate::call::active::{Activity, each_async};
use crate::call::clock::{self, Anchor};
use crate::call::ring::Thread;
use crate::call::tool::{self, Tool};
use crate::health::LongCall;
use crate::notice::notice;

/// `running_after_ms`, ns.
static RUNNING_AFTER: AtomicU64 = AtomicU64::new(u64::MAX);
/// Calls that have been told of since `init`.
static TOLD: AtomicU64 = AtomicU64::new(0);

/// Lines that nobody but standard error takes, a look; the rest is counted.
const MAX_NOTICES: usize = 10;

/// Sets `running_after_ms`.
pub(crate) fn set_running_after(after: Duration) {
    let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    RUNNING_AFTER.store(nanos, Relaxed);
}

/// Calls that were told of while they ran.
pub(crate) fn told() -> u64 {
    TOLD.load(Relaxed)
}

/// Calls that have been running longer than they should: over `running_after_ms`, and over
/// their own limit where that is more. Longest first.
pub(crate) fn long_calls() -> Vec<LongCall> {
    let mut calls: Vec<_> = overdue().into_iter().map(|long| long.call).collect();
    calls.sort_by_key(|call| call.since);
    calls
}

/// What tells one running call from another, for as long as it runs. Two calls of a tool that
/// one thread began within a millisecond are taken for one.
type Key = (usize, Activity);

/// One that was found.
struct Overdue {
    key: Key,
    tool: &'static Tool,
    call: LongCall,
}

fn overdue() -> Vec<Overdue> {
    let tools = tool::known(0);
    let anchor = Anchor::now();
    let now = clock::now();
    let mut found = Vec::new();
    let mut look = |place: usize, thread: Option<&Thread>, activity: Activity| {
        let known = activity.tool().and_then(|tool| tools.get(tool as usize));
        if let Some(&tool) = known
            && clock::nanos(activity.start(), now) > limit(tool)
        {
            let call = LongCall {
                tool: tool.name.to_owned(),
                since: UNIX_EPOCH + Duration::from_nanos(anchor.unix_ns(activity.start())),
                thread: thread.map(Thread::name),
            };
            let key = (place, activity);
            found.push(Overdue { key, tool, call });
        }
    };
    lock(&LANES).each_active(|thread, activity| {
        look(thread.place(), Some(thread), activity);
    });
    each_async(|place, activity| look(place, None, activity));
    found
}

fn limit(tool: &Tool) -> u64 {
    let own = match tool.slow_over() {
        u64::MAX => 0,
        nanos => nanos,
    };
    own.max(RUNNING_AFTER.load(Relaxed))
}

/// Looks from time to time, and tells of each call once.
pub(super) struct Watch {
    next: Instant,
    /// Those that still run.
    told: HashSet<Key>,
}

impl Watch {
    /// The counters begin anew.
    pub(super) fn new() -> Self {
        TOLD.store(0, Relaxed);
        Self {
            next: Instant::now() + Self::INTERVAL,
            told: HashSet::new(),
        }
    }

    /// Between two looks; each takes some nanoseconds a thread.
    const INTERVAL: Duration = Duration::from_secs(1);

    /// Looks, where it is time to, and tells the sinks; a person at the terminal where no
    /// sink takes it.
    pub(super) fn look(&mut self, sinks: &mut [Box<dyn Sink>]) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + Self::INTERVAL.min(self.patience());
        let overdue = overdue();
        let mut notices = 0;
        let new = overdue.iter().filter(|long| !self.told.contains(&long.key));
        for Overdue { tool, call, .. } in new {
            TOLD.fetch_add(1, Relaxed);
            let mut is_told = false;
            for sink in &mut *sinks {
                is_told |= sink.running(tool, call);
            }
            if !is_told && notices < MAX_NOTICES {
                notices += 1;
                notice(&text(call));
            }
        }
        self.told = overdue.into_iter().map(|long| long.key).collect();
    }

    /// A tenth of what a call may take, so that short limits are not told late.
    fn patience(&self) -> Duration {
        Duration::from_nanos(RUNNING_AFTER.load(Relaxed) / 10).max(Duration::from_millis(50))
    }
}

fn text(call: &LongCall) -> String {
    let seconds = call.since.elapsed().unwrap_or_default().as_secs_f64();
    let place = match &call.thread {
        Some(thread) => format!("on thread {thread:?}"),
        None => "as a future".to_owned(),
    };
    format!(
        "tool {:?} has been running for {seconds:.1} s, {place} (running_after_ms); told once a call",
        call.tool
    )
}
