//! Threads that come and go, and calls at their very end.

use std::cell::RefCell;
use std::sync::{Arc, Barrier};
use std::thread;

use telemetry_runtime::{ToolCall, current, track_tool_call};
use telemetry_tests::spans::Spans;
use telemetry_tests::{alone, async_tool, statistics, tool};

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
                    tool!("below the end", || {});
                    current().set_attribute("heard", false);
                    current().run(|| {});
                });
                pollster::block_on(async_tool!("later at the end", async {}));
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
