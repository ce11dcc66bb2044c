//! Calls captured in memory, as a user's tests have them.

use std::panic::catch_unwind;
use std::sync::Barrier;
use std::thread;

use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use pollster::block_on;
use telemetry_runtime::testing::{self, Outcome};
use telemetry_runtime::{current, tool, track_tool_call};

#[tool(fields(double = n * 2))]
fn outer(n: u64) -> u64 {
    current()
        .set_attribute("half", n / 2)
        .add_event("halved", [("of", n.into())]);
    inner(n) + inner(n + 1)
}

#[tool(ret)]
fn inner(n: u64) -> u64 {
    n
}

#[tool]
fn fails(text: &str, token: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse().map(|n: u8| n + token.len() as u8)
}

#[tool]
fn panics() {
    panic!("on purpose")
}

#[tool]
async fn waits() {
    std::future::pending::<()>().await;
}

#[tool]
fn streams() -> BoxStream<'static, u8> {
    stream::iter(0..3).boxed()
}

#[test]
fn everything_of_a_call_is_there() {
    let calls = testing::capture();
    assert_eq!(outer(4), 9);
    let long = "1".repeat(300);
    fails(&long, "s3cret").unwrap_err();
    catch_unwind(panics).unwrap_err();
    assert!(std::pin::pin!(waits()).now_or_never().is_none());
    block_on(streams().count());
    drop(track_tool_call("by hand", [("a", 1.into())]));

    let all = calls.one("outer");
    assert_eq!(all.outcome, Outcome::Success);
    assert!(all.function.ends_with("testing::outer"));
    assert_eq!(all.parent_span_id, None);
    assert_eq!(all.param("n"), Some(&4.into()));
    assert_eq!(all.attribute("double"), Some(&8.into()));
    let [event] = &*all.events else {
        panic!("{all:?}")
    };
    assert_eq!(
        (&*event.name, &*event.attributes),
        ("halved", &[("of".to_owned(), 4.into())][..])
    );
    assert!(event.after <= all.duration);
    let children = calls.children(&all);
    let returned: Vec<_> = children
        .iter()
        .map(|call| call.returned().cloned())
        .collect();
    assert_eq!(returned, [Some(4.into()), Some(5.into())]);
    assert_eq!(calls.one("streams").items(), Some(3));
    assert_eq!(calls.one("waits").outcome, Outcome::Cancelled);
    let cut = calls.one("fails").param("text").unwrap().to_string();
    assert_eq!(cut, format!("{}…", "1".repeat(200)));
    assert_eq!(
        calls.tree().replace(&cut, "1…"),
        "\
outer(n=4) success double=8 half=2 [halved]
  inner(n=4) success tool.return=4
  inner(n=5) success tool.return=5
fails(text=1…, token=[redacted]) error ParseIntError: number too large to fit in target type
panics() panic panic
waits() cancelled
streams() success tool.stream.items=3
by hand(a=1) success
"
    );
}

#[test]
fn tests_at_the_same_time_do_not_see_each_other() {
    const TESTS: u64 = 8;
    let all_capture = Barrier::new(TESTS as usize);
    thread::scope(|scope| {
        for test in 0..TESTS {
            let all_capture = &all_capture;
            scope.spawn(move || {
                let calls = testing::capture();
                all_capture.wait();
                for n in 0..100 {
                    inner(test * 1000 + n);
                }
                let values: Vec<_> = calls
                    .all()
                    .iter()
                    .map(|it| it.param("n").cloned())
                    .collect();
                let expected = (0..100).map(|n| Some((test * 1000 + n).into()));
                assert_eq!(values, expected.collect::<Vec<_>>());
            });
        }
    });
}

#[test]
fn what_belongs_to_the_test_is_seen_wherever_it_runs() {
    let calls = testing::capture();
    let here = current();
    thread::spawn(move || here.run(|| outer(1))).join().unwrap();
    // It knows of nobody, as in production.
    thread::spawn(|| fails("1", "")).join().unwrap().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let task = tokio::spawn(current().wrap(async {
            tokio::task::yield_now().await;
            inner(9)
        }));
        task.await.unwrap();
    });
    let names: Vec<_> = calls.all().iter().map(|call| call.name).collect();
    assert_eq!(names, ["outer", "inner", "inner", "inner"]);
}

#[tokio::test]
async fn a_capture_is_held_across_await() {
    let calls = testing::capture();
    tokio::task::yield_now().await;
    assert_eq!(outer(2), 5);
    tokio::task::yield_now().await;
    assert_eq!(calls.all().len(), 3);
}

#[tool(parent = &_from)]
fn continues(_from: SpanContext) {
    inner(1);
}

#[test]
fn a_parent_from_elsewhere_takes_no_call_away() {
    let calls = testing::capture();
    let trace = TraceId::from_bytes([7; 16]);
    let span = SpanId::from_bytes([8; 8]);
    continues(SpanContext::new(
        trace,
        span,
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    ));
    let call = calls.one("continues");
    assert_eq!(call.trace_id.to_bytes(), [7; 16]);
    assert_eq!(call.parent_span_id.unwrap().to_bytes(), [8; 8]);
    assert!(calls.one("inner").is_child_of(&call));
}

#[test]
fn an_outer_capture_sees_what_an_inner_one_does() {
    let outside = testing::capture();
    inner(1);
    {
        let inside = testing::capture();
        inner(2);
        assert_eq!(inside.tree(), "inner(n=2) success tool.return=2\n");
    }
    inner(3);
    let ns = outside.all();
    let ns: Vec<_> = ns.iter().filter_map(|it| it.param("n").cloned()).collect();
    assert_eq!(ns, [1.into(), 2.into(), 3.into()]);
}

#[test]
fn a_call_that_is_not_there_says_which_are() {
    let calls = testing::capture();
    inner(1);
    inner(2);
    let told = |tool: &'static str| {
        let calls = std::panic::AssertUnwindSafe(&calls);
        let panic = catch_unwind(move || calls.one(tool)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let both = "inner(n=1) success tool.return=1\ninner(n=2) success tool.return=2\n";
    assert_eq!(told("x"), format!("no call of `x` among these:\n{both}"));
    assert_eq!(
        told("inner"),
        format!("2 calls of `inner` among these:\n{both}")
    );
}
