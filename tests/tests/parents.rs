//! Who called whom: on a thread, over awaits, between threads and tasks.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use telemetry_runtime::__private::{guard, site};
use telemetry_runtime::{ToolCall, current, track_tool_call};
use telemetry_tests::spans::{Sent, Spans, attribute};
use telemetry_tests::{alone, async_tool, statistics, tool};

/// Runs `calls` with the OpenTelemetry context made current and without: parents among tools are
/// the same. Gives what was sent.
fn both_ways(calls: impl Fn(), judge: impl Fn(&Sent)) {
    let _alone = alone();
    for otel_context in [true, false] {
        let spans = Spans::default();
        let telemetry = spans.telemetry_with(|builder| builder.set("otel_context", otel_context));
        calls();
        assert_eq!(current().span_id(), None, "nothing is left open");
        judge(&spans.after(telemetry));
    }
}

#[test]
fn tool_in_tool_in_tool() {
    both_ways(
        || {
            tool!("outer", || {
                tool!("middle", || tool!("inner", || {}));
                let by_hand = track_tool_call("by hand", ());
                tool!("below by hand", || {});
                drop(by_hand);
                tool!("sibling", || {});
            });
            tool!("other root", || {});
        },
        |sent| {
            assert!(sent.is_root("outer") && sent.is_root("other root"));
            assert!(sent.is_child("middle", "outer"));
            assert!(sent.is_child("inner", "middle"));
            assert!(sent.is_child("by hand", "outer"));
            assert!(sent.is_child("below by hand", "by hand"));
            assert!(sent.is_child("sibling", "outer"));
            let trace = |tool: &str| sent.one(tool).span_context.trace_id();
            assert_ne!(trace("outer"), trace("other root"));
        },
    );
}

#[test]
fn ids_are_those_that_are_sent() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let call = track_tool_call("asked", ());
    let told = (call.trace_id(), call.span_id());
    assert_eq!((current().trace_id(), current().span_id()), told);
    drop(call);
    let sent = spans.after(telemetry);
    let span = &sent.one("asked").span_context;
    let (trace, id) = (told.0.expect("a trace"), told.1.expect("a span"));
    assert_eq!(span.trace_id().to_bytes(), trace.to_bytes());
    assert_eq!(span.span_id().to_bytes(), id.to_bytes());
    assert_eq!(span.trace_id().to_string(), trace.to_string());
}

#[test]
fn across_awaits_of_interleaved_tasks() {
    both_ways(
        || {
            let mut first = pin!(async_tool!("first", async {
                tool!("first before", || {});
                yield_once().await;
                tool!("first after", || {});
                async_tool!("first below", async {
                    yield_once().await;
                    tool!("first deepest", || {});
                })
                .await;
            }));
            let mut second = pin!(async_tool!("second", async {
                yield_once().await;
                tool!("second after", || {});
            }));
            let mut context = Context::from_waker(Waker::noop());
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_pending());
            tool!("between", || {});
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_ready());
            assert!(first.as_mut().poll(&mut context).is_ready());
        },
        |sent| {
            assert!(sent.is_root("first") && sent.is_root("second") && sent.is_root("between"));
            assert!(sent.is_child("first before", "first"));
            assert!(sent.is_child("first after", "first"));
            assert!(sent.is_child("first below", "first"));
            assert!(sent.is_child("first deepest", "first below"));
            assert!(sent.is_child("second after", "second"));
        },
    );
}

#[test]
fn a_call_by_hand_goes_on_as_a_future() {
    both_ways(
        || {
            let call = track_tool_call("wrapped", [("kept", 1.into())]);
            tool!("before the future", || {});
            let future = call.wrap(async {
                tool!("in the future", || {});
                yield_once().await;
                current().set_attribute("set", 2);
            });
            tool!("not in the future", || {});
            pollster::block_on(future);
        },
        |sent| {
            assert!(sent.is_child("before the future", "wrapped"));
            assert!(sent.is_child("in the future", "wrapped"));
            assert!(sent.is_root("not in the future"));
            let wrapped = sent.one("wrapped");
            assert_eq!(attribute(wrapped, "tool.param.kept").as_deref(), Some("1"));
            assert_eq!(attribute(wrapped, "set").as_deref(), Some("2"));
        },
    );
}

#[test]
fn to_other_threads_with_current() {
    both_ways(
        || {
            tool!("spawns", || {
                let here = current();
                let there = thread::spawn(move || {
                    tool!("not carried", || {});
                    here.run(|| {
                        tool!("run", || {});
                        current().set_attribute("from elsewhere", true);
                    });
                    pollster::block_on(here.wrap(async {
                        yield_once().await;
                        tool!("wrapped there", || {});
                    }));
                    tool!("afterwards", || {});
                });
                there.join().expect("no panic");
            });
        },
        |sent| {
            assert!(sent.is_root("not carried") && sent.is_root("afterwards"));
            assert!(sent.is_child("run", "spawns"));
            assert!(sent.is_child("wrapped there", "spawns"));
            let spawns = sent.one("spawns");
            assert_eq!(attribute(spawns, "from elsewhere").as_deref(), Some("true"));
        },
    );
}

#[test]
fn tasks_that_move_between_threads() {
    both_ways(
        || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(4)
                .build()
                .expect("a runtime");
            runtime.block_on(async_tool!("request", async {
                let tasks: Vec<_> = (0..8)
                    .map(|_| tokio::spawn(current().wrap(async_tool!("task", hops()))))
                    .collect();
                for task in tasks {
                    task.await.expect("no panic");
                }
            }));
        },
        |sent| {
            let request = &sent.one("request").span_context;
            let tasks = sent.all("task");
            assert_eq!(tasks.len(), 8);
            for task in &tasks {
                assert_eq!(task.parent_span_id, request.span_id());
                let children = sent.all("hop").into_iter();
                let mine = children.filter(|hop| hop.parent_span_id == task.span_context.span_id());
                assert_eq!(mine.count(), 20);
            }
            assert_eq!(sent.all("hop").len(), 160);
        },
    );

    async fn hops() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
            async_tool!("hop", tokio::task::yield_now()).await;
        }
    }
}

#[test]
fn guards_dropped_out_of_order_keep_their_own() {
    both_ways(
        || {
            let first = track_tool_call("dropped first", ());
            let second = guard(site!("dropped second", "dropped second", 0), |_| {});
            let third = track_tool_call("dropped third", ());
            third.set_attribute("own", 3);
            first.set_attribute("own", 1);
            drop(first);
            tool!("below the third", || {});
            drop(second);
            tool!("still below the third", || {});
            drop(third);
            tool!("below nobody", || {});
        },
        |sent| {
            assert!(sent.is_root("dropped first") && sent.is_root("below nobody"));
            assert!(sent.is_child("dropped second", "dropped first"));
            assert!(sent.is_child("dropped third", "dropped second"));
            assert!(sent.is_child("below the third", "dropped third"));
            assert!(sent.is_child("still below the third", "dropped third"));
            let own = |tool| attribute(sent.one(tool), "own");
            assert_eq!(own("dropped first").as_deref(), Some("1"));
            assert_eq!(own("dropped second"), None);
            assert_eq!(own("dropped third").as_deref(), Some("3"));
        },
    );
}

/// A session object that holds a call, made by a tool.
#[test]
fn a_guard_that_outlives_the_tool_it_was_made_in() {
    fn open() -> ToolCall {
        tool!("open", || track_tool_call("session", [("id", 7.into())]))
    }
    both_ways(
        || {
            let session = open();
            let beside = track_tool_call("beside", ());
            beside.set_attribute("own", "beside");
            session.set_attribute("own", "session");
            drop(session);
            tool!("below beside", || {});
            drop(beside);
            tool!("later", || {});
        },
        |sent| {
            assert!(sent.is_root("open") && sent.is_root("later"));
            assert!(sent.is_child("session", "open"));
            assert!(sent.is_child("below beside", "beside"));
            assert!(sent.is_child("beside", "session"), "it was open then");
            let session = sent.one("session");
            assert_eq!(attribute(session, "tool.param.id").as_deref(), Some("7"));
            assert_eq!(attribute(session, "own").as_deref(), Some("session"));
            assert_eq!(
                attribute(sent.one("beside"), "own").as_deref(),
                Some("beside")
            );
        },
    );
}

#[test]
fn a_guard_held_over_an_await_keeps_its_own() {
    both_ways(
        || {
            let mut task = pin!(async_tool!("holds", async {
                let held = track_tool_call("held", ());
                held.set_attribute("own", "held");
                yield_once().await;
                drop(held);
                tool!("after held", || {});
            }));
            let mut context = Context::from_waker(Waker::noop());
            assert!(task.as_mut().poll(&mut context).is_pending());
            assert!(task.as_mut().poll(&mut context).is_ready());
            tool!("after all", || {});
        },
        |sent| {
            assert!(sent.is_child("held", "holds"));
            assert!(sent.is_child("after held", "holds"));
            assert!(sent.is_root("after all"));
            assert_eq!(attribute(sent.one("held"), "own").as_deref(), Some("held"));
            assert_eq!(attribute(sent.one("holds"), "own"), None);
        },
    );
}

#[test]
fn a_leaked_guard_runs_until_its_thread_ends() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let there = thread::spawn(|| {
        tool!("leaks", || {
            std::mem::forget(track_tool_call("leaked", ()));
            tool!("beside the leak", || {});
        });
        for _ in 0..100 {
            tool!("after the leak", || {});
        }
        statistics("leaked").active
    });
    assert_eq!(
        there.join().expect("no panic"),
        1,
        "it runs as long as its thread"
    );
    assert_eq!(statistics("leaked").active, 0);
    assert_eq!(statistics("leaked").calls, 0);
    assert_eq!(statistics("leaks").calls, 1);
    assert_eq!(statistics("after the leak").calls, 100);
    tool!("on another thread", || {});
    let sent = spans.after(telemetry);
    assert_eq!(sent.0.len(), 103, "all that ended");
    assert!(sent.is_root("leaks") && sent.is_root("on another thread"));
    assert!(sent.all("leaked").is_empty());
}

#[test]
fn ten_thousand_deep() {
    fn down(left: u32) {
        tool!("deep", || match left {
            0 => assert_eq!(statistics("deep").active, 10_000),
            _ => down(left - 1),
        });
    }
    both_ways(
        || {
            let there = thread::Builder::new().stack_size(512 << 20).spawn(|| {
                down(9_999);
                assert_eq!(statistics("deep").active, 0);
            });
            there.expect("a thread").join().expect("no panic");
        },
        |sent| {
            let deep = sent.all("deep");
            assert_eq!(deep.len(), 10_000);
            let parents: HashMap<_, _> = deep
                .iter()
                .map(|span| (span.span_context.span_id(), span.parent_span_id))
                .collect();
            let with_children: HashSet<_> = parents.values().collect();
            let mut leaves = parents.keys().filter(|id| !with_children.contains(id));
            let leaf = *leaves.next().expect("the innermost");
            assert_eq!(leaves.next(), None);
            let up = std::iter::successors(Some(leaf), |id| parents.get(id).copied());
            let depth = up.count();
            assert_eq!(
                depth, 10_001,
                "all of them and the root's parent, which is none"
            );
        },
    );
}

/// Ready at the second poll.
async fn yield_once() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        match std::mem::replace(&mut polled, true) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}
