//! Who called whom: on a thread, over awaits, between threads and tasks.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;

use opentelemetry::trace::SpanId;
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
        let telemetry = spans.telemetry_with(|builder| {
            builder
                .set("otel_context", otel_context)
                .set("calls_queue_max_bytes", 1_u64 << 30)
        });
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

/// Tasks of each kind of executor, and how often each of them comes to a place where it may be
/// moved. All their calls fit into one thread's ring, if the collector has no time at all.
const TASKS: u64 = 1_500;
const HOPS: u64 = 4;

/// A task that says who it is, and calls tools that say whose they are.
async fn hops(task: u64) {
    current().set_attribute("task", task);
    for _ in 0..HOPS {
        yield_once().await;
        async_tool!("hop", async move {
            current().set_attribute("task", task);
            yield_once().await;
            tool!("deepest", || {
                current().set_attribute("task", task);
            });
        })
        .await;
    }
}

/// All of a request's tasks, each below it; each hop below its task.
fn judge_hops(sent: &Sent) {
    assert_eq!(sent.0.len() as u64, 1 + TASKS * (1 + 2 * HOPS));
    let request = &sent.one("request").span_context;
    let by_id: HashMap<_, _> = sent
        .0
        .iter()
        .map(|span| (span.span_context.span_id(), span))
        .collect();
    assert_eq!(by_id.len(), sent.0.len(), "no id twice");
    let mut hops: HashMap<_, u64> = HashMap::new();
    for span in &sent.0 {
        assert_eq!(span.span_context.trace_id(), request.trace_id());
        let above = match &*span.name {
            "tool.request" => continue,
            "tool.task" => "tool.request",
            "tool.hop" => "tool.task",
            _ => "tool.hop",
        };
        let parent = by_id[&span.parent_span_id];
        assert_eq!(parent.name, above, "above {}", span.name);
        if above != "tool.request" {
            assert_eq!(attribute(span, "task"), attribute(parent, "task"));
        }
        if span.name == "tool.hop" {
            *hops.entry(span.parent_span_id).or_default() += 1;
        }
    }
    assert_eq!(hops.len() as u64, TASKS);
    assert!(hops.values().all(|count| *count == HOPS));
    for tool in ["request", "task", "hop", "deepest"] {
        assert_eq!(statistics(tool).active, 0, "{tool}");
    }
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
                let tasks: Vec<_> = (0..TASKS)
                    .map(|task| tokio::spawn(current().wrap(async_tool!("task", hops(task)))))
                    .collect();
                for task in tasks {
                    task.await.expect("no panic");
                }
            }));
        },
        judge_hops,
    );
}

/// Where each poll of a task is on whatever thread comes first: some poll it once in their life.
#[test]
fn tasks_of_an_executor_by_hand() {
    both_ways(
        || {
            tool!("request", || {
                let here = current();
                let executor = Executor::default();
                for task in 0..TASKS {
                    executor.spawn(here.wrap(async_tool!("task", hops(task))));
                }
                thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(|| while executor.run(usize::MAX) {});
                    }
                    for _ in 0..40 {
                        scope.spawn(|| executor.run(7));
                    }
                });
            });
        },
        judge_hops,
    );
}

/// A queue of tasks, which any thread may poll.
#[derive(Clone, Default)]
struct Executor(Arc<Mutex<VecDeque<Arc<Task>>>>);

struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    executor: Executor,
}

impl Executor {
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.push(Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            executor: self.clone(),
        }));
    }

    fn push(&self, task: Arc<Task>) {
        self.0.lock().expect("no panic").push_back(task);
    }

    /// Polls so many tasks, one after the other. Whether there may be more.
    fn run(&self, most: usize) -> bool {
        for _ in 0..most {
            let next = self.0.lock().expect("no panic").pop_front();
            let Some(task) = next else { return false };
            let mut future = task.future.lock().expect("no panic");
            let waker = Waker::from(Arc::clone(&task));
            if let Some(polled) = &mut *future
                && polled
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_ready()
            {
                *future = None;
            }
        }
        true
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.executor.clone().push(self);
    }
}

/// Each level is a future in a box, polled again and again by other threads before the next.
#[test]
fn recursion_across_awaits() {
    const DEPTH: usize = 500;
    fn down(left: usize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async_tool!("down", async move {
            yield_once().await;
            match left {
                1 => assert_eq!(statistics("down").active, DEPTH as u64),
                _ => down(left - 1).await,
            }
            yield_once().await;
            tool!("on the way up", || {
                current().set_attribute("left", left as u64);
            });
        }))
    }
    both_ways(
        || {
            let there = thread::Builder::new().stack_size(64 << 20).spawn(|| {
                pollster::block_on(down(DEPTH));
            });
            there.expect("a thread").join().expect("no panic");
            assert_eq!(statistics("down").active, 0);
        },
        |sent| {
            let up: HashMap<_, _> = sent
                .all("on the way up")
                .iter()
                .map(|span| (span.parent_span_id, attribute(span, "left")))
                .collect();
            assert_eq!(up.len(), DEPTH, "one below each");
            let mut above = SpanId::INVALID;
            let by_parent: HashMap<_, _> = sent
                .all("down")
                .iter()
                .map(|span| (span.parent_span_id, span.span_context.span_id()))
                .collect();
            for left in (1..=DEPTH).rev() {
                above = by_parent[&above];
                assert_eq!(up[&above], Some(left.to_string()));
            }
        },
    );
}

#[test]
fn guards_dropped_out_of_order_keep_their_own() {
    both_ways(
        || {
            let first = track_tool_call("dropped first", ());
            let second = guard(site!("dropped second", "dropped second", 0), &mut |_| {});
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
