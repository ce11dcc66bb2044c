//! `tool.active`: right while calls run, zero when they have ended.

use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use telemetry_runtime::{Telemetry, health, track_tool_call};
use telemetry_tests::sink::{Mode, Sink, text};
use telemetry_tests::{PATIENCE, alone, async_tool, statistics, tool};

fn active(tool: &str) -> u64 {
    statistics(tool).active
}

fn quiet() -> Telemetry {
    let builder = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none");
    builder.init().expect("a right configuration")
}

#[test]
fn on_a_thread_and_on_others() {
    let _alone = alone();
    let _telemetry = quiet();
    let (go, gone) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let there = thread::spawn(move || {
        tool!("sync", || {
            begun.send(()).expect("somebody waits");
            gone.recv().expect("somebody says so");
        });
    });
    has_begun.recv().expect("it begins");
    assert_eq!(active("sync"), 1, "of a tool that has never ended too");
    assert_eq!(statistics("sync").calls, 0);
    tool!("sync here", || {
        assert_eq!(active("sync here"), 1);
        tool!("sync below", || assert_eq!(
            (active("sync here"), active("sync below")),
            (1, 1)
        ));
        assert_eq!(active("sync below"), 0);
    });
    go.send(()).expect("it waits");
    there.join().expect("no panic");
    assert_eq!((active("sync"), active("sync here")), (0, 0));
}

/// Deeper than a thread shows of itself by name at no cost.
#[test]
fn nested_a_hundred_deep() {
    fn down(depth: u64) {
        tool!("deep", || {
            assert_eq!(active("deep"), depth);
            if depth < 100 {
                tool!("between", || down(depth + 1));
            }
            assert_eq!((active("deep"), active("between")), (depth, depth - 1));
        });
    }
    let _alone = alone();
    let _telemetry = quiet();
    down(1);
    assert_eq!((active("deep"), active("between")), (0, 0));
}

#[test]
fn guards_in_any_order() {
    let _alone = alone();
    let _telemetry = quiet();
    // Around the 32 of which a thread shows the names at no cost, and beyond.
    for count in [1, 2, 31, 32, 33, 34, 40, 70] {
        let orders: [&dyn Fn(usize) -> usize; 4] = [
            &|at| at,
            &|at| count - 1 - at,
            &|at| (at * 7 + 3) % count,
            &|at| (at + count / 2) % count,
        ];
        for (number, order) in orders.iter().enumerate() {
            let mut guards: Vec<_> = (0..count)
                .map(|_| Some(track_tool_call("any order", ())))
                .collect();
            assert_eq!(active("any order"), count as u64);
            let mut left = count as u64;
            for at in 0..count {
                // Seven and the count may have a divisor: then an order names some twice.
                if guards[order(at)].take().is_some() {
                    left -= 1;
                }
                assert_eq!(active("any order"), left, "order {number} of {count}, {at}");
            }
            drop(guards);
            assert_eq!(active("any order"), 0, "order {number} of {count}");
            tool!("still right", || assert_eq!(active("still right"), 1));
        }
    }
}

#[test]
fn async_calls_between_their_polls() {
    let _alone = alone();
    let _telemetry = quiet();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut first = pin!(async_tool!("waits", std::future::pending::<()>()));
        let mut second = pin!(async_tool!("waits too", async { tool!("below", || {}) }));
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert_eq!(active("waits"), 1);
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_ready());
        assert_eq!(
            (active("waits"), active("waits too"), active("below")),
            (1, 0, 0)
        );
    }
    assert_eq!(active("waits"), 0);

    let call = track_tool_call("goes over", ());
    assert_eq!(active("goes over"), 1);
    let future = call.wrap(async { assert_eq!(active("goes over"), 1) });
    assert_eq!(active("goes over"), 1);
    thread::spawn(|| pollster::block_on(future))
        .join()
        .expect("as asserted there");
    assert_eq!(active("goes over"), 0);
}

#[test]
fn exported_as_it_is() {
    fn exported(sink: &Sink) -> i64 {
        let seen = sink.seen();
        let metric = seen.metric("tool.active").expect("it is exported");
        let Some(Data::Sum(sum)) = &metric.data else {
            panic!("no sum")
        };
        assert!(!sum.is_monotonic);
        let point = sum
            .data_points
            .iter()
            .find(|point| text(&point.attributes, "tool.name") == "seen");
        match point.expect("the tool").value {
            Some(Number::AsInt(value)) => value,
            other => panic!("{other:?}"),
        }
    }
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .init()
        .expect("right");
    let (first, second) = (track_tool_call("seen", ()), track_tool_call("seen", ()));
    assert!(telemetry.flush(PATIENCE).is_complete());
    assert_eq!(exported(&sink), 2);
    drop(first);
    assert!(telemetry.flush(PATIENCE).is_complete());
    assert_eq!(exported(&sink), 1);
    drop(second);
    assert!(telemetry.shutdown(PATIENCE).is_complete());
    assert_eq!(exported(&sink), 0);
}

/// Told while they run, once a call; what hangs would leave nothing else.
#[test]
fn calls_that_run_for_long_are_told_of_while_they_run() {
    let _alone = alone();
    let builder = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none")
        .set("running_after_ms", 20)
        .set("thresholds", [("patient", 3_600_000.0)]);
    let _telemetry = builder.init().expect("a right configuration");
    let (go, gone) = mpsc::channel::<()>();
    let there = thread::Builder::new().name("stuck".to_owned());
    let there = there.spawn(move || {
        // Its own limit is longer; what it calls has none.
        tool!("patient", || tool!("hangs", || gone
            .recv()
            .expect("somebody says so")));
    });
    let there = there.expect("a thread");
    let mut waits = Box::pin(async_tool!("waits", std::future::pending::<()>()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waits.as_mut().poll(&mut context).is_pending());
    until(|| health().long_calls_seen == 2);
    let mut long = health().long_calls;
    long.sort_by(|one, other| one.tool.cmp(&other.tool));
    let told: Vec<_> = long
        .iter()
        .map(|call| (&*call.tool, call.thread.as_deref()))
        .collect();
    assert_eq!(told, [("hangs", Some("stuck")), ("waits", None)]);
    assert!(long.iter().all(|call| call.since.elapsed().is_ok()));
    // Looked at several times, and told of once.
    thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(health().long_calls_seen, 2);
    drop(waits);
    go.send(()).expect("it waits");
    there.join().expect("no panic");
    assert_eq!(health().long_calls, []);
    assert_eq!(health().long_calls_seen, 2);
    assert_eq!(
        (statistics("hangs").calls, statistics("waits").cancelled),
        (1, 1)
    );
}

fn until(is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "it never comes");
        thread::sleep(std::time::Duration::from_millis(5));
    }
}
