//! Before `init`, a second `init`, after shutdown, and another start.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use telemetry_runtime::{Telemetry, current, health, statistics as all, track_tool_call};
use telemetry_tests::spans::Spans;
use telemetry_tests::{PATIENCE, alone, async_tool, statistics, tool, until};

/// Everything one can ask for, with nobody there to answer.
fn nobody_listens() {
    assert_eq!(tool!("unheard", || current().span_id()), None);
    let call = track_tool_call("unheard by hand", [("key", "value".into())]);
    call.set_attribute("a", 1).add_event("b", [("c", 2.into())]);
    call.record_error("no");
    assert_eq!((call.trace_id(), call.span_id()), (None, None));
    assert_eq!(call.current().trace_id(), None);
    assert_eq!(pollster::block_on(call.wrap(async { 3 })), 3);
    assert_eq!(
        pollster::block_on(async_tool!("unheard later", async { 4 })),
        4
    );
    current().set_attribute("a", 1).record_error("no");
    assert_eq!(current().run(|| 5), 5);
    assert_eq!(pollster::block_on(current().wrap(async { 6 })), 6);
    assert!(!current().is_sampled());
    assert_eq!(all(), []);
    assert!(!health().running);
    assert!(health().destinations.is_empty());
}

#[test]
fn before_and_after_everything_is_there_and_does_nothing() {
    let _alone = alone();
    nobody_listens();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert!(health().running);
    tool!("heard", || assert!(current().span_id().is_some()));
    let sent = spans.after(telemetry);
    assert_eq!(sent.names(), ["tool.heard"]);
    nobody_listens();
}

#[test]
fn a_second_init_is_an_error_and_the_first_goes_on() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    tool!("goes on", || {});
    let error = Telemetry::builder()
        .no_file()
        .init()
        .err()
        .expect("there is one already");
    assert!(error.is_already_initialized() && !error.is_config());
    assert!(error.to_string().contains("already"), "{error}");
    // A wrong configuration does not get in its way.
    let error = Telemetry::builder()
        .no_file()
        .set("nonsense", 1)
        .init()
        .err()
        .expect("the same");
    assert!(error.is_already_initialized());
    tool!("goes on", || {});
    assert_eq!(statistics("goes on").calls, 2);
    assert_eq!(spans.after(telemetry).all("goes on").len(), 2);
}

#[test]
fn a_failed_init_leaves_the_way_free() {
    let _alone = alone();
    let error = Telemetry::builder()
        .no_file()
        .set("nonsense", 1)
        .init()
        .err()
        .expect("an unknown key");
    assert!(error.is_config());
    nobody_listens();
    drop(
        Telemetry::builder()
            .no_file()
            .init()
            .expect("right this time"),
    );
}

#[test]
fn another_start_begins_at_zero() {
    let _alone = alone();
    let spans = Spans::default();
    for round in 1..=3 {
        let telemetry = spans.telemetry_with(|builder| builder.set("max_tools", 5_000));
        assert_eq!(statistics("again").calls, 0, "round {round}");
        for _ in 0..round {
            tool!("again", || {});
        }
        assert_eq!(statistics("again").calls, round);
        let report = telemetry.shutdown(PATIENCE);
        assert!(report.is_complete());
        assert_eq!(report.traces.delivered, round, "of this round only");
    }
    assert_eq!(spans.sent().all("again").len(), 6);
}

#[test]
fn a_call_that_runs_over_the_end_belongs_to_nobody() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let over_the_end = track_tool_call("over the end", ());
    let (go, gone) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let there = thread::spawn(move || {
        tool!("over the end elsewhere", || {
            begun.send(()).expect("somebody waits");
            gone.recv().expect("somebody says so");
        });
    });
    has_begun.recv().expect("it begins");
    assert_eq!(statistics("over the end").active, 1);
    assert_eq!(statistics("over the end elsewhere").active, 1);
    assert_eq!(spans.after(telemetry).names(), [""; 0]);

    drop(over_the_end);
    go.send(()).expect("it waits");
    there.join().expect("no panic");
    let telemetry = spans.telemetry();
    for tool in ["over the end", "over the end elsewhere"] {
        assert_eq!(statistics(tool).calls, 0, "{tool}");
        assert_eq!(statistics(tool).active, 0, "{tool}");
    }
    assert_eq!(spans.after(telemetry).names(), [""; 0]);
}

#[test]
fn switched_off_it_does_nothing() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("enabled", false));
    assert_eq!(tool!("switched off", || current().span_id()), None);
    assert_eq!(statistics("switched off").calls, 0);
    assert!(telemetry.flush(PATIENCE).is_complete());
    assert_eq!(spans.after(telemetry).names(), [""; 0]);
}

/// What starts with telemetry may ask how it is doing.
#[test]
fn a_hook_may_ask_for_health() {
    let _alone = alone();
    let (asked, answer) = mpsc::channel();
    let telemetry = Telemetry::builder()
        .no_file()
        .tracer_provider(move |provider| {
            asked
                .send((health().running, all().len()))
                .expect("somebody waits");
            provider
        })
        .init()
        .expect("a right configuration");
    assert_eq!(answer.recv_timeout(PATIENCE), Ok((false, 0)));
    drop(telemetry);
}

#[test]
fn many_starts_leave_no_threads_behind() {
    /// Ours and the SDK's: those of the test runner come and go as it likes.
    fn threads() -> usize {
        let is_counted = |task: std::io::Result<std::fs::DirEntry>| {
            let name = task.and_then(|task| std::fs::read_to_string(task.path().join("comm")));
            name.is_ok_and(|name| name.to_lowercase().contains("telemetry"))
        };
        std::fs::read_dir("/proc/self/task").map_or(0, |tasks| {
            tasks
                .filter_map(|task| is_counted(task).then_some(()))
                .count()
        })
    }
    let _alone = alone();
    let before = threads();
    for _ in 0..20 {
        let spans = Spans::default();
        let telemetry = spans.telemetry_with(|builder| {
            builder
                .set("metrics_exporter", "prometheus")
                .set("prometheus_listen", "127.0.0.1:0")
        });
        tool!("short", || {});
        assert!(telemetry.shutdown(Duration::from_secs(60)).is_complete());
    }
    until("the threads end", || threads() <= before);
}
