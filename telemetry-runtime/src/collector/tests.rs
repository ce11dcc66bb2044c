//! A collector with sinks that do what a sink must not, and records as no clock should make them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::thread::lock;
use super::{Captured, Collector, Overflow, Sink, add_orphan};
use crate::call::attributes::Attributes;
use crate::call::clock::Anchor;
use crate::call::record::{Ids, Kept, Piece};
use crate::call::ring::{Ring, bytes_in_use};
use crate::call::{Outcome, Record, State, tool, track_tool_call};
use crate::config::Keep;
use crate::metrics::Metrics;
use crate::statistics::ToolStatistics;

/// One collector a process.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    lock(&TURN)
}

fn collector(sink: impl Sink + 'static) -> Collector {
    let metrics = Metrics::new(&[1.0, 10.0], true);
    let collector = Collector::start(metrics, vec![Box::new(sink)]).expect("a thread");
    State::running(true, false, false, Keep::default()).set();
    collector
}

/// Ends it.
fn stop(collector: &Collector) {
    State::default().set();
    assert!(collector.stop(patience()));
}

fn patience() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// What is counted of a tool, when everything has been handed on.
fn counted(collector: &Collector, tool: &str) -> ToolStatistics {
    assert!(collector.flush(patience()));
    let all = collector.read(Metrics::statistics);
    let found = all.into_iter().find(|found| found.name == tool);
    found.expect("it was called")
}

/// Waits, at the first record of a tool, for as long as it is told to.
struct Held {
    tool: &'static str,
    begun: Option<Sender<()>>,
    go_on: Receiver<()>,
    spans: Arc<AtomicU64>,
}

impl Sink for Held {
    fn calls(&mut self, calls: &[Record], _captured: Captured<'_>, _anchor: &Anchor) {
        let mine = calls
            .iter()
            .filter(|call| call.origin.tool.name == self.tool);
        let count = mine.count() as u64;
        if count > 0
            && let Some(begun) = self.begun.take()
        {
            begun.send(()).expect("somebody waits");
            self.go_on.recv().expect("somebody says so");
        }
        self.spans.fetch_add(count, Relaxed);
    }

    fn overflow(&mut self, overflow: &Overflow) {
        self.spans.fetch_add(overflow.spans, Relaxed);
    }
}

/// As on a machine that gives the collector's thread no time: rings fill, grow, and fill again.
#[test]
fn a_collector_that_gets_no_time_loses_no_count() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 40_000;
    let _alone = alone();
    let (begun, has_begun) = channel();
    let (go_on, told) = channel();
    let spans = Arc::new(AtomicU64::new(0));
    let collector = collector(Held {
        tool: "starved",
        begun: Some(begun),
        go_on: told,
        spans: Arc::clone(&spans),
    });
    drop(track_tool_call("starved", ()));
    has_begun.recv().expect("it gets there");
    let held = track_tool_call("starved", ());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for call in 0..CALLS {
                    let result = if call % 5 == 0 { Err("no") } else { Ok(()) };
                    let _ = track_tool_call("starved", ()).finish(result);
                }
            });
        }
    });
    go_on.send(()).expect("it waits");
    let statistics = counted(&collector, "starved");
    assert_eq!(statistics.calls, 1 + THREADS * CALLS);
    assert_eq!(statistics.errors, THREADS * CALLS / 5);
    assert_eq!(statistics.active, 1);
    drop(held);
    assert_eq!(counted(&collector, "starved").active, 0);
    assert_eq!(spans.load(Relaxed), 2 + THREADS * CALLS, "of each was told");
    stop(&collector);
}

/// Calls a tool for each call that it is shown of another.
struct Calls;

impl Sink for Calls {
    fn calls(&mut self, calls: &[Record], _captured: Captured<'_>, _anchor: &Anchor) {
        for call in calls {
            if call.origin.tool.name == "outside" {
                let _ = track_tool_call("inside", ()).finish(Err::<(), _>("as a sink"));
            }
        }
    }

    fn overflow(&mut self, _overflow: &Overflow) {
        drop(track_tool_call("at an overflow", ()));
    }

    fn tick(&mut self, _flush: bool) {
        drop(track_tool_call("at a tick", ()));
    }
}

/// More than the collector's own ring holds, so that it calls itself, finds no room, and counts.
#[test]
fn a_sink_that_calls_tools_is_counted_like_anybody() {
    const CALLS: u64 = 50_000;
    let _alone = alone();
    let collector = collector(Calls);
    for _ in 0..CALLS {
        drop(track_tool_call("outside", ()));
    }
    let outside = counted(&collector, "outside");
    assert_eq!((outside.calls, outside.active), (CALLS, 0));
    // Those that found no ring were shown to no sink.
    let shown = counted(&collector, "inside");
    assert!((1..=CALLS).contains(&shown.calls), "{}", shown.calls);
    assert_eq!((shown.errors, shown.active), (shown.calls, 0));
    assert!(counted(&collector, "at a tick").calls > 0);
    stop(&collector);
}

/// Looks at what each call of `given` was given.
struct Given(Arc<AtomicU64>);

/// What the call that began at `start` is given: nothing, a little, more than goes beside its record.
fn given(start: u64) -> String {
    let length = match start % 7 {
        0 => 0,
        1 => 1500,
        _ => start % 300,
    };
    format!("{start} {}", "ä".repeat(length as usize))
}

impl Sink for Given {
    fn calls(&mut self, calls: &[Record], captured: Captured<'_>, _anchor: &Anchor) {
        for call in calls {
            if call.origin.tool.name == "given" {
                let seen: Vec<_> = captured
                    .of(call)
                    .iter()
                    .map(|(key, value)| (key, value.into_value()))
                    .collect();
                match call.start % 7 {
                    0 => assert_eq!(seen, []),
                    _ => assert_eq!(seen, [("text", given(call.start).into())]),
                }
                self.0.fetch_add(1, Relaxed);
            }
        }
    }

    fn overflow(&mut self, overflow: &Overflow) {
        self.0.fetch_add(overflow.spans, Relaxed);
    }
}

/// Faster than anybody reads it, so that rings grow, are full, and what is too much goes other ways; and
/// on threads that end meanwhile.
#[test]
fn what_a_call_was_given_comes_with_it() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 20_000;
    let _alone = alone();
    let seen = Arc::new(AtomicU64::new(0));
    let collector = collector(Given(Arc::clone(&seen)));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let mut ring = Ring::new();
                for call in 0..CALLS {
                    let start = 1 + thread + THREADS * call;
                    let mut attributes = Attributes::new();
                    if !start.is_multiple_of(7) {
                        attributes.text("text", &given(start), "");
                    }
                    let mut record = record("given", start, start);
                    record.ids.sampled = true;
                    ring.push_with(record, attributes);
                }
            });
        }
    });
    assert_eq!(counted(&collector, "given").calls, THREADS * CALLS);
    assert_eq!(seen.load(Relaxed), THREADS * CALLS, "of each was told");
    stop(&collector);
}

/// Bytes beside records count as those do, and are given back when their thread has ended. Other tests
/// have rings too, but not so many at once.
#[test]
fn rings_beside_records_are_bounded_and_go_with_their_thread() {
    const THREADS: usize = 500;
    let _alone = alone();
    let collector = collector(Given(Arc::default()));
    assert!(collector.flush(patience()));
    let before = bytes_in_use();
    for _ in 0..THREADS {
        thread::spawn(|| {
            let mut ring = Ring::new();
            let mut attributes = Attributes::new();
            attributes.text("text", "some", "");
            for _ in 0..3 {
                let written = ring.write(&attributes).expect("there is room");
                assert_eq!(usize::from(written.length), attributes.bytes().len());
            }
            assert_eq!(ring.bytes_beside(), 1024);
            attributes.text("text", &"x".repeat(2000), "");
            assert!(ring.write(&attributes).is_none(), "it is too much");
            assert_eq!(ring.bytes_beside(), 1024);
            ring.push(record("beside", 1, 1));
        })
        .join()
        .expect("no panic");
    }
    let deadline = patience();
    while bytes_in_use() > before + THREADS * 1024 / 2 {
        assert!(Instant::now() < deadline, "{before}, {}", bytes_in_use());
        counted(&collector, "beside");
    }
    stop(&collector);
}

/// Nobody would take their bytes away: when there is room again for a record, there is for what a call is
/// given.
#[test]
fn calls_that_are_dropped_leave_nothing_beside() {
    let _alone = alone();
    let (begun, has_begun) = channel();
    let (go_on, told) = channel();
    let collector = collector(Held {
        tool: "held",
        begun: Some(begun),
        go_on: told,
        spans: Arc::default(),
    });
    let given = |length: usize| {
        let mut attributes = Attributes::new();
        attributes.text("text", &"x".repeat(length), "");
        attributes
    };
    let mut ring = Ring::new();
    ring.push(record("held", 1, 1));
    has_begun.recv().expect("the collector comes");
    for _ in 0..40_000 {
        ring.push(record("plain", 1, 1));
    }
    for _ in 0..3_000 {
        ring.push_with(record("dropped", 1, 1), given(900));
    }
    assert_eq!(ring.bytes_beside(), 0);
    go_on.send(()).expect("it waits");
    assert_eq!(counted(&collector, "dropped").calls, 3_000);
    assert!(ring.write(&given(900)).is_some());
    stop(&collector);
}

fn record(tool: &str, start: u64, end: u64) -> Record {
    Record {
        origin: tool::named(tool),
        start,
        end,
        ids: Ids::default(),
        parent: 0,
        outcome: Outcome::Success,
        kept: Kept::No,
        captured: Piece::default(),
        details: None,
    }
}

/// Two processors whose counters differ, a machine that slept: a call that ends before it
/// began took no time, and counts.
#[test]
fn a_counter_that_goes_back_loses_no_count() {
    const CALLS: u64 = 3 * 64;
    let _alone = alone();
    let collector = collector(Calls);
    thread::spawn(|| {
        let mut ring = Ring::new();
        for call in 0..CALLS {
            ring.push(record("back", 1 << 40, (1 << 40) - call * 1000));
        }
        // On a thread without locals.
        add_orphan(&record("back", u64::MAX, 0));
    })
    .join()
    .expect("no panic");
    let statistics = counted(&collector, "back");
    assert_eq!(statistics.calls, CALLS + 1);
    assert_eq!(
        (statistics.total, statistics.max),
        (Duration::ZERO, Duration::ZERO)
    );
    stop(&collector);
}
