//! Threads that come and go, and calls at their very end.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use telemetry_runtime::{Telemetry, ToolCall, current, health, track_tool_call};
use telemetry_tests::spans::Spans;
use telemetry_tests::{alone, async_tool, statistics, tool, until};

#[test]
fn two_thousand_threads_that_call_once() {
    const THREADS: usize = 2_000;
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    for _ in 0..4 {
        // All of a round are there at once.
        let together = Arc::new(Barrier::new(THREADS / 4));
        let threads: Vec<_> = (0..THREADS / 4)
            .map(|_| {
                let together = Arc::clone(&together);
                let once = move || {
                    together.wait();
                    tool!("once", || {});
                };
                thread::Builder::new()
                    .stack_size(128 << 10)
                    .spawn(once)
                    .expect("a thread")
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
    }
    assert_eq!(statistics("once").calls, THREADS as u64);
    assert_eq!(statistics("once").active, 0);
    assert_eq!(spans.after(telemetry).all("once").len(), THREADS);
}

/// Threads that come and go leave nothing behind, as the runtime itself counts: neither rings nor
/// what is known of each. What is there meanwhile is bounded too.
#[test]
fn ten_thousand_threads_that_come_and_go() {
    const THREADS: usize = 10_000;
    const AT_ONCE: usize = 100;
    const MAX_BYTES: usize = 4 << 20;
    let _alone = alone();
    let builder = Telemetry::builder().no_file();
    let builder = builder.set("calls_queue_max_bytes", MAX_BYTES as u64);
    let telemetry = builder.set("traces_exporter", "none").init();
    let telemetry = telemetry.expect("a right configuration");
    let before = settled(&telemetry);
    for _ in 0..THREADS / AT_ONCE {
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| tool!("comes and goes", || {}));
            }
        });
        assert!(health().calls_queue_bytes <= MAX_BYTES);
    }
    let calls = statistics("comes and goes");
    assert_eq!((calls.calls, calls.active), (THREADS as u64, 0));
    until("all that ended are forgotten", || {
        settled(&telemetry) == before
    });
}

/// More threads than there is memory for rings of: the others count for themselves.
#[test]
fn threads_that_find_no_ring_lose_no_count() {
    const THREADS: u64 = 200;
    const CALLS: u64 = 100;
    // As little as can be asked for: of twelve smallest rings.
    const MAX_BYTES: usize = 65_536;
    let _alone = alone();
    let spans = Spans::default();
    let telemetry =
        spans.telemetry_with(|builder| builder.set("calls_queue_max_bytes", MAX_BYTES as u64));
    let together = Barrier::new(THREADS as usize);
    let most_bytes = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                together.wait();
                for call in 0..CALLS {
                    let _ = tool!("without a ring", || match call % 4 {
                        0 => Err("no"),
                        _ => Ok(()),
                    });
                }
                most_bytes.fetch_max(health().calls_queue_bytes, Relaxed);
                together.wait();
            });
        }
    });
    assert!((1..=MAX_BYTES).contains(&most_bytes.into_inner()));
    let counted = statistics("without a ring");
    assert_eq!((counted.calls, counted.active), (THREADS * CALLS, 0));
    assert_eq!(counted.errors, THREADS * CALLS / 4);
    let dropped = health().spans_dropped_before_export;
    assert!(dropped > 0, "twelve rings are not enough");
    let report = telemetry.shutdown(telemetry_tests::PATIENCE);
    assert_eq!(report.traces.dropped, dropped);
    assert_eq!(report.traces.delivered + dropped, THREADS * CALLS);
    assert_eq!(
        spans.sent().all("without a ring").len() as u64,
        report.traces.delivered
    );
}

/// Threads with calls, and bytes of rings, once everything has been collected.
fn settled(telemetry: &Telemetry) -> (usize, usize) {
    assert!(telemetry.flush(telemetry_tests::PATIENCE).in_time);
    let health = health();
    (health.calling_threads, health.calls_queue_bytes)
}

#[test]
fn a_thread_that_ends_at_once_loses_nothing() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    for _ in 0..200 {
        let calls = || (0..100).for_each(|_| tool!("before its end", || {}));
        thread::spawn(calls).join().expect("no panic");
    }
    assert_eq!(statistics("before its end").calls, 20_000);
    assert_eq!(spans.after(telemetry).all("before its end").len(), 20_000);
}

/// Runs what it is told when its thread ends.
struct AtTheEnd(RefCell<Option<Box<dyn FnOnce()>>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        if let Some(last) = self.0.take() {
            last();
        }
    }
}

thread_local! {
    static AT_THE_END: AtTheEnd = const { AtTheEnd(RefCell::new(None)) };
}

/// When a thread's own local is used first, and so destroyed last: the opposite order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum First {
    OfAll,
    /// After the thread has asked for the current call, of which there was none.
    AfterAQuestion,
    AfterCalls,
}

const ORDERS: [First; 3] = [First::OfAll, First::AfterAQuestion, First::AfterCalls];

/// A thread that makes a call in its life and has `last` run while its locals are destroyed.
fn thread_with(first: First, last: impl FnOnce() + Send + 'static) {
    let there = thread::spawn(move || {
        if first == First::AfterAQuestion {
            assert_eq!(current().span_id(), None);
        }
        if first == First::AfterCalls {
            in_its_life();
        }
        AT_THE_END.with(|end| *end.0.borrow_mut() = Some(Box::new(last)));
        if first != First::AfterCalls {
            in_its_life();
        }
    });
    there.join().expect("a panic there would end the process");
}

fn in_its_life() {
    tool!("in its life", || {});
}

#[test]
fn calls_while_the_threads_locals_are_destroyed() {
    let _alone = alone();
    for otel_context in [true, false] {
        for first in ORDERS {
            let spans = Spans::default();
            let telemetry =
                spans.telemetry_with(|builder| builder.set("otel_context", otel_context));
            thread_with(first, || {
                tool!("at the end", || {
                    until("it is shown", || statistics("at the end").active == 1);
                    tool!("below the end", || {});
                    current().set_attribute("heard", false);
                    current().run(|| {});
                });
                pollster::block_on(async_tool!("later at the end", async {
                    until("it is shown", || statistics("later at the end").active == 1);
                }));
                drop(track_tool_call("by hand at the end", [("a", 1.into())]));
                let failed = tool!("fails at the end", || Err::<(), _>("no"));
                assert!(failed.is_err());
            });
            for tool in [
                "in its life",
                "at the end",
                "below the end",
                "later at the end",
                "by hand at the end",
                "fails at the end",
            ] {
                let counted = statistics(tool);
                assert_eq!((counted.calls, counted.active), (1, 0), "{tool}");
            }
            assert_eq!(statistics("fails at the end").errors, 1);
            drop(telemetry);
            assert_eq!(spans.sent().all("in its life").len(), 1);
        }
    }
}

/// Its call was sampled, so it is sent or counted as lost.
#[test]
fn a_guard_that_ends_with_its_thread() {
    thread_local! {
        static HELD: RefCell<Option<ToolCall>> = const { RefCell::new(None) };
    }
    let _alone = alone();
    for otel_context in [true, false] {
        for first_of_all in [true, false] {
            let spans = Spans::default();
            let telemetry =
                spans.telemetry_with(|builder| builder.set("otel_context", otel_context));
            let there = thread::spawn(move || {
                if first_of_all {
                    HELD.with_borrow(|held| assert!(held.is_none()));
                }
                let call = track_tool_call("held to the end", [("a", 1.into())]);
                HELD.set(Some(call));
            });
            there.join().expect("a panic there would end the process");
            let counted = statistics("held to the end");
            assert_eq!((counted.calls, counted.active), (1, 0));
            let report = telemetry.shutdown(telemetry_tests::PATIENCE);
            assert_eq!(
                report.traces.delivered + report.traces.dropped,
                1,
                "{report}"
            );
            assert_eq!(report.traces.delivered, spans.sent().names().len() as u64);
        }
    }
}

/// A future that is begun on one thread, and polled and dropped on others at their end.
#[test]
fn a_future_that_ends_with_a_thread() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let call = track_tool_call("polled at the end", [("a", 1.into())]);
    let future = call.wrap(async {
        current().set_attribute("polled", true);
    });
    let unfinished = track_tool_call("dropped at the end", ()).wrap(std::future::pending::<()>());
    thread_with(First::OfAll, move || {
        pollster::block_on(future);
        drop(unfinished);
    });
    assert_eq!(statistics("polled at the end").calls, 1);
    assert_eq!(statistics("dropped at the end").cancelled, 1);
    assert_eq!(statistics("polled at the end").active, 0);
    let report = telemetry.shutdown(telemetry_tests::PATIENCE);
    assert_eq!(
        report.traces.delivered + report.traces.dropped,
        3,
        "{report}"
    );
}
