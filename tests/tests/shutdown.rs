//! Flush, shutdown and the guard's drop, with servers in every state; programs that end at once.

use std::process::{Command, Output};
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use telemetry_runtime::{Builder, Telemetry, health, track_tool_call};
use telemetry_tests::sink::{Mode, Sink, nobody, text};
use telemetry_tests::{PATIENCE, alone, statistics, tool, until};

fn towards(url: &str, say: impl FnOnce(Builder) -> Builder) -> Telemetry {
    let builder = Telemetry::builder().no_file().otlp(url);
    say(builder).init().expect("a right configuration")
}

fn ten_calls() {
    (0..10).for_each(|_| tool!("ten", || {}));
}

#[test]
fn what_arrived_is_said_to_have() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = towards(&sink.url(), |builder| builder);
    ten_calls();
    let report = telemetry.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.traces.delivered, sink.seen().span_count), (10, 10));
    assert!(report.metrics.delivered > 0);
    ten_calls();
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.traces.delivered, sink.seen().span_count), (20, 20));
    assert_eq!(sink.seen().spans.len(), 20);
    assert!(
        report
            .to_string()
            .starts_with("spans: 20 delivered, 0 dropped;"),
        "{report}"
    );
}

#[test]
fn a_flush_tells_what_waits_and_a_later_one_that_it_came() {
    let _alone = alone();
    let sink = Sink::start(Mode::Status(503));
    let telemetry = towards(&sink.url(), |builder| builder);
    ten_calls();
    let report = telemetry.flush(Duration::from_millis(300));
    assert!(!report.is_complete() && !report.in_time, "{report}");
    assert_eq!(
        (
            report.traces.waiting,
            report.traces.delivered,
            report.traces.dropped
        ),
        (10, 0, 0)
    );
    assert!(report.traces.failed > 0);
    let traces = health().destinations.remove(0);
    assert_eq!((traces.name.as_str(), traces.signal), ("otlp", "traces"));
    assert!(traces.queue_bytes > 0 && traces.queue_batches == 1);
    assert!(
        traces
            .last_error
            .expect("there was one")
            .text
            .contains("503")
    );
    sink.set_mode(Mode::Accept);
    let report = telemetry.flush(PATIENCE);
    assert_eq!(
        (report.traces.waiting, report.traces.delivered),
        (0, 10),
        "{report}"
    );
    assert!(telemetry.shutdown(PATIENCE).is_complete());
    assert_eq!(sink.seen().span_count, 10);
}

#[test]
fn what_is_left_is_counted() {
    let _alone = alone();
    let silent = Sink::start(Mode::Silent);
    let failing = Sink::start(Mode::Status(500));
    for url in [silent.url(), failing.url(), nobody()] {
        let telemetry = towards(&url, |builder| builder);
        ten_calls();
        let report = telemetry.shutdown(Duration::from_millis(200));
        assert!(!report.is_complete(), "{url}: {report}");
        assert_eq!(
            (
                report.traces.delivered,
                report.traces.dropped,
                report.traces.waiting
            ),
            (0, 10, 0),
            "{url}"
        );
        assert_eq!(
            report.metrics.delivered + report.metrics.waiting,
            0,
            "{url}"
        );
        assert!(report.metrics.dropped > 0);
    }
}

/// No time at all: still every span is accounted for.
#[test]
fn without_any_time() {
    let _alone = alone();
    let sink = Sink::start(Mode::Silent);
    for _ in 0..20 {
        let telemetry = towards(&sink.url(), |builder| builder);
        ten_calls();
        let report = telemetry.shutdown(Duration::ZERO);
        assert_eq!(
            (
                report.traces.delivered,
                report.traces.dropped,
                report.traces.waiting
            ),
            (0, 10, 0),
            "{report}"
        );
    }
}

/// Not a test of speed: a server that never answers would hold the drop for ten seconds and
/// longer, and the deadline is a tenth of one.
#[test]
fn a_drop_keeps_its_deadline() {
    let _alone = alone();
    let sink = Sink::start(Mode::Silent);
    let telemetry = towards(&sink.url(), |builder| {
        builder
            .set("shutdown_timeout_ms", 100)
            .set("traces_timeout_ms", 300_000)
            .set("metrics_timeout_ms", 300_000)
            .set("metrics_exporter", "[otlp, prometheus]")
            .set("prometheus_listen", "127.0.0.1:0")
    });
    ten_calls();
    let address = health()
        .prometheus
        .expect("asked for")
        .expect("a free port");
    let _half_a_scrape = std::net::TcpStream::connect(address).expect("it listens");
    until("a request hangs", || {
        let _report = telemetry.flush(Duration::ZERO);
        sink.seen().requests > 0
    });
    let begun = Instant::now();
    drop(telemetry);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn calls_that_run_at_the_end_are_not_waited_for() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = towards(&sink.url(), |builder| builder);
    let (go, gone) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let there = thread::spawn(move || {
        tool!("runs on", || {
            begun.send(()).expect("somebody waits");
            gone.recv().expect("somebody says so");
            7
        })
    });
    has_begun.recv().expect("it begins");
    ten_calls();
    assert_eq!(statistics("runs on").active, 1);
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.traces.delivered, 10);
    assert_eq!(counter(&sink, "tool.active", "runs on"), 1, "it does");
    go.send(()).expect("it waits");
    assert_eq!(there.join().expect("no panic"), 7);
    let _another = towards(&sink.url(), |builder| builder);
    assert_eq!(statistics("runs on").active, 0);
}

/// Threads that call all the time, and a shutdown between them.
#[test]
fn in_the_middle_of_everything() {
    let _alone = alone();
    let sink = Sink::counting(Mode::Accept);
    for _ in 0..10 {
        let telemetry = towards(&sink.url(), |builder| builder);
        let before = sink.seen().span_count;
        let (stop, stopped) = mpsc::sync_channel::<()>(0);
        let there = thread::spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                tool!("all the time", || {});
            }
        });
        until("calls are made", || statistics("all the time").calls > 100);
        let report = telemetry.shutdown(PATIENCE);
        assert!(report.in_time, "{report}");
        assert_eq!(report.traces.delivered, sink.seen().span_count - before);
        let active = counter(&sink, "tool.active", "all the time");
        assert!(active <= 1, "one thread: {active}");
        drop(stop);
        there.join().expect("no panic");
    }
    let _another = towards(&sink.url(), |builder| builder);
    assert_eq!(statistics("all the time").active, 0, "after ten ends");
}

/// Eight threads that never stop: each call that the metrics have is a span that was delivered or
/// counted as dropped, and each that had ended before is among them.
#[test]
fn under_load_the_sums_add_up() {
    const THREADS: usize = 8;
    let _alone = alone();
    for round in 0..3 {
        let sink = Sink::counting(Mode::Accept);
        let telemetry = towards(&sink.url(), |builder| builder);
        let stop = AtomicBool::new(false);
        let made: [AtomicU64; THREADS] = Default::default();
        thread::scope(|scope| {
            for made in &made {
                scope.spawn(|| {
                    while !stop.load(Relaxed) {
                        tool!("under load", || {});
                        made.fetch_add(1, Release);
                    }
                });
            }
            until("all are at it", || {
                made.iter()
                    .all(|made| made.load(Relaxed) > 1000 * (round + 1))
            });
            let before: u64 = made.iter().map(|made| made.load(Acquire)).sum();
            let report = telemetry.shutdown(PATIENCE);
            let after: u64 = made.iter().map(|made| made.load(Acquire)).sum();
            stop.store(true, Relaxed);
            assert!(report.in_time, "{report}");
            let traces = report.traces;
            assert_eq!(traces.waiting, 0, "{report}");
            assert_eq!(traces.delivered, sink.seen().span_count);
            let calls = counter(&sink, "tool.calls", "under load");
            assert_eq!(calls, traces.delivered + traces.dropped, "{report}");
            assert!(calls >= before, "{calls} of {before}");
            // And one a thread that was about to be counted by its maker.
            assert!(calls <= after + THREADS as u64, "{calls} of {after}");
            assert_eq!(counter(&sink, "tool.errors", "under load"), 0);
            let active = counter(&sink, "tool.active", "under load");
            assert!(active <= THREADS as u64, "{active}");
        });
        assert!(telemetry_runtime::statistics().is_empty());
    }
}

/// The newest value of a counter, as it came.
fn counter(sink: &Sink, name: &str, tool: &str) -> u64 {
    let seen = sink.seen();
    let metric = seen.metric(name).expect(name);
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("{name} is no sum")
    };
    let points = sum.data_points.iter();
    let of_tool = points.filter(|point| text(&point.attributes, "tool.name") == tool);
    let values = of_tool.map(|point| match point.value {
        Some(Number::AsInt(value)) => u64::try_from(value).expect("never negative"),
        other => panic!("{name}: {other:?}"),
    });
    values.max().expect(tool)
}

/// An hour of sixty minutes with nobody there: what waits is bounded, and all the rest is counted.
#[test]
fn an_hour_without_a_server_takes_no_more_memory() {
    const MINUTE: u64 = 5_000;
    const MAX_BYTES: usize = 200_000;
    let _alone = alone();
    let telemetry = towards(&nobody(), |builder| {
        builder
            .set("traces_queue_max_bytes", MAX_BYTES as u64)
            .set("traces_batch_max_spans", 100)
    });
    let waits = || {
        let health = health();
        let waits = health.destinations.iter().map(|to| to.queue_bytes);
        (health.calls_queue_bytes, waits.sum::<usize>(), health)
    };
    let held = track_tool_call("held for an hour", ());
    let mut full = (0, 0);
    for minute in 1..=60 {
        for _ in 0..MINUTE {
            tool!("unheard", || {});
        }
        // All of it is where it waits, or counted.
        let counted = statistics("unheard");
        assert_eq!((counted.calls, counted.active), (minute * MINUTE, 0));
        assert_eq!(statistics("held for an hour").active, 1);
        let (rings, queues, health) = waits();
        let traces = &health.destinations[0];
        assert!(traces.queue_bytes <= MAX_BYTES, "{}", traces.queue_bytes);
        if minute == 10 {
            full = (rings, queues);
        }
        if minute > 10 {
            assert!(rings <= full.0.max(8 << 20) && queues <= full.1 + MAX_BYTES);
        }
    }
    assert!(full.1 > MAX_BYTES / 2, "something waits: {full:?}");
    let dropped: Vec<_> = health().destinations[0].dropped.clone();
    let (cause, items) = dropped[0];
    assert_eq!(cause, "queue_full");
    assert!(items > 0);
    drop(held);
    assert_eq!(statistics("held for an hour").active, 0);
    let report = telemetry.shutdown(Duration::from_millis(100));
    assert_eq!(report.traces.dropped, 60 * MINUTE + 1, "{report}");
    assert_eq!((report.traces.delivered, report.traces.waiting), (0, 0));
}

fn brief(how: &str, url: &str) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_brief"))
        .args([how, url])
        .output();
    program.expect("it runs")
}

#[test]
fn a_program_that_returns_from_main_loses_nothing() {
    let sink = Sink::start(Mode::Accept);
    for (how, status) in [
        ("returns", Some(0)),
        ("fails", Some(1)),
        ("panics", Some(101)),
    ] {
        let before = sink.seen().span_count;
        let output = brief(how, &sink.url());
        assert_eq!(output.status.code(), status, "{how}");
        assert_eq!(sink.seen().span_count - before, 3, "{how}");
        assert!(sink.seen().metric("tool.calls").is_some(), "{how}");
    }
}

/// As the documentation of the guard says: what has been flushed has arrived, the rest is gone.
#[test]
fn a_program_that_exits_without_dropping_the_guard() {
    for (how, arrives) in [
        ("exits", 0),
        ("aborts", 0),
        ("flushes and exits", 3),
        ("shuts down and exits", 3),
    ] {
        let sink = Sink::start(Mode::Accept);
        let output = brief(how, &sink.url());
        assert!(!output.status.success(), "{how}");
        assert_eq!(sink.seen().span_count, arrives, "{how}");
    }
}
