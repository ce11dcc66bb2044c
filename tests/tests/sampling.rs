//! Which calls become spans; all of them count.

use std::collections::HashMap;
use std::time::Duration;

use telemetry_runtime::{Builder, current, track_tool_call};
use telemetry_tests::spans::{Sent, Spans, attribute};
use telemetry_tests::{alone, async_tool, statistics, tool};

fn sent(say: impl FnOnce(Builder) -> Builder, calls: impl FnOnce()) -> Sent {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(say);
    calls();
    spans.after(telemetry)
}

/// A root with a child and a grandchild.
fn three() {
    tool!("root", || tool!("child", || tool!("grandchild", || {})));
}

fn reason(sent: &Sent, tool: &str) -> Option<String> {
    attribute(sent.one(tool), "tool.sampled.reason")
}

#[test]
fn all_and_none() {
    let all = sent(|builder| builder.set("traces_sample_rate", 1.0), three);
    assert_eq!(all.names().len(), 3);
    assert_eq!(reason(&all, "root"), None);
    let none = sent(
        |builder| builder.set("traces_sample_rate", 0.0),
        || {
            three();
            assert_eq!(statistics("grandchild").calls, 1);
            assert!(current().trace_id().is_none());
            tool!("unsampled", || assert!(
                current().trace_id().is_some() && !current().is_sampled()
            ));
        },
    );
    assert_eq!(none.names(), [""; 0]);
}

#[test]
fn half_of_the_traces_and_each_of_them_whole() {
    const ROOTS: usize = 4_000;
    let sent = sent(
        |builder| builder.set("traces_sample_rate", 0.5),
        || {
            (0..ROOTS).for_each(|_| three());
            assert_eq!(statistics("root").calls, ROOTS as u64);
        },
    );
    let mut traces = HashMap::<_, u32>::new();
    for span in &sent.0 {
        *traces.entry(span.span_context.trace_id()).or_default() += 1;
    }
    assert!(traces.values().all(|spans| *spans == 3));
    // Ten standard deviations on both sides.
    let half = ROOTS / 2;
    assert!(
        (half - 320..half + 320).contains(&traces.len()),
        "{}",
        traces.len()
    );
}

#[test]
fn a_tool_has_its_own_rate_where_it_is_a_root() {
    let sent = sent(
        |builder| {
            builder
                .set("traces_sample_rate", 0.0)
                .set("tools", r#"{ "noisy_*": { sample_rate: 0 }, "dear_*": { sample_rate: 1 }, "dear_not": { sample_rate: 0 } }"#)
        },
        || {
            tool!("dear_one", || tool!("noisy_child", || {}));
            tool!("noisy_root", || tool!("dear_child", || {}));
            tool!("dear_not", || {});
            tool!("other", || {});
        },
    );
    assert_eq!(sent.names(), ["tool.dear_one", "tool.noisy_child"]);
}

#[test]
fn a_tool_that_is_off_is_not_there() {
    let sent = sent(
        |builder| builder.set("tools", r#"{ "off_*": { enabled: false } }"#),
        || {
            tool!("around", || {
                tool!("off_one", || {
                    tool!("below", || {});
                    current().set_attribute("set", "by what is off");
                });
                pollster::block_on(async_tool!("off_later", async {
                    tool!("below later", || {})
                }));
                track_tool_call("off_by_hand", ()).set_attribute("set", "nowhere");
            });
            for tool in ["off_one", "off_later", "off_by_hand"] {
                assert_eq!(statistics(tool).calls, 0, "{tool}");
            }
        },
    );
    assert!(sent.is_child("below", "around") && sent.is_child("below later", "around"));
    assert_eq!(
        attribute(sent.one("around"), "set").as_deref(),
        Some("by what is off")
    );
    assert_eq!(sent.names().len(), 3);
}

#[test]
fn failures_are_kept_with_those_around_them() {
    fn fails() -> Result<(), &'static str> {
        let call = track_tool_call("fails", [("secret of the unsampled", 1.into())]);
        call.set_attribute("set", 2);
        call.finish(Err("no"))
    }
    let sent = sent(
        |builder| {
            builder
                .set("traces_sample_rate", 0.0)
                .set("traces_keep", "[error]")
        },
        || {
            tool!("grandparent", || {
                tool!("finished before", || {});
                tool!("parent", || fails().is_err());
                tool!("begun after", || {});
            });
            tool!("unrelated", || {});
        },
    );
    assert_eq!(
        sent.names(),
        ["tool.grandparent", "tool.parent", "tool.fails"]
    );
    assert!(sent.is_child("parent", "grandparent") && sent.is_child("fails", "parent"));
    for tool in ["grandparent", "parent", "fails"] {
        assert_eq!(reason(&sent, tool).as_deref(), Some("error"), "{tool}");
    }
    let fails = sent.one("fails");
    assert_eq!(attribute(fails, "error.message").as_deref(), Some("no"));
    assert!(
        !fails
            .attributes
            .iter()
            .any(|found| found.key.as_str().starts_with("tool.param."))
    );
}

#[test]
fn panics_and_slow_calls_are_kept() {
    let sent = sent(
        |builder| {
            builder
                .set("traces_sample_rate", 0.0)
                .set("traces_keep", "[error, slow]")
                .set("thresholds", "{ default: 600000, slow_one: 0.000001 }")
        },
        || {
            tool!("around slow", || tool!("slow_one", || {}));
            let caught = std::panic::catch_unwind(|| {
                tool!("around panic", || tool!("panics", || -> () {
                    panic!("on purpose")
                }));
            });
            assert!(caught.is_err());
            assert_eq!(statistics("slow_one").slow, 1);
            assert_eq!(statistics("around slow").slow, 0);
        },
    );
    let expected = [
        "tool.around slow",
        "tool.slow_one",
        "tool.around panic",
        "tool.panics",
    ];
    assert_eq!(sent.names(), expected);
    assert_eq!(reason(&sent, "slow_one").as_deref(), Some("slow"));
    assert_eq!(reason(&sent, "around slow").as_deref(), Some("slow"));
    assert_eq!(reason(&sent, "panics").as_deref(), Some("error"));
    assert_eq!(
        attribute(sent.one("slow_one"), "tool.slow").as_deref(),
        Some("true")
    );
    assert_ne!(
        attribute(sent.one("around slow"), "tool.slow").as_deref(),
        Some("true")
    );
}

#[test]
fn kept_over_awaits_threads_and_tasks() {
    let sent = sent(
        |builder| {
            builder
                .set("traces_sample_rate", 0.0)
                .set("traces_keep", "[error]")
        },
        || {
            pollster::block_on(async_tool!("async parent", async {
                let _ = async_tool!("async failure", async { Err::<(), _>("no") }).await;
            }));
            tool!("parent of a thread", || {
                let here = current();
                let there = std::thread::spawn(move || {
                    here.run(|| tool!("failure on a thread", || Err::<(), _>("no")).is_err())
                });
                there.join().expect("no panic")
            });
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .build()
                .expect("a runtime");
            runtime.block_on(async_tool!("parent of a task", async {
                let task = async_tool!("failure in a task", async {
                    tokio::task::yield_now().await;
                    Err::<(), _>("no")
                });
                let _ = tokio::spawn(current().wrap(task)).await;
            }));
        },
    );
    assert!(sent.is_child("async failure", "async parent"));
    assert!(sent.is_child("failure on a thread", "parent of a thread"));
    assert!(sent.is_child("failure in a task", "parent of a task"));
    assert_eq!(sent.names().len(), 6);
}

#[test]
fn nothing_is_kept_where_nothing_is_to_be() {
    let sent = sent(
        |builder| {
            builder
                .set("traces_sample_rate", 0.0)
                .set("traces_keep", "[]")
                .set("thresholds", "{ default: 0.000001 }")
        },
        || {
            assert!(tool!("fails unseen", || Err::<(), _>("no")).is_err());
            tool!("slow unseen", || std::hint::black_box(Duration::ZERO));
            assert_eq!(statistics("fails unseen").errors, 1);
            assert_eq!(statistics("slow unseen").slow, 1);
        },
    );
    assert_eq!(sent.names(), [""; 0]);
}
