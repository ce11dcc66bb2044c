//! Drift: the running telemetry watches its tools, and tells of what it finds.

use std::fs;

use telemetry_runtime::drift::Filter;
use telemetry_runtime::{Builder, Telemetry, detector, tool, track_tool_call};
use telemetry_tests::{PATIENCE, alone};

/// Telemetry that sends nothing.
fn start(say: impl FnOnce(Builder) -> Builder) -> Telemetry {
    let builder = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none");
    say(builder).init().expect("a right configuration")
}

/// Calls known to the baseline of a tool.
fn samples(tool: &str) -> u64 {
    detector()
        .baseline_stats(tool)
        .map_or(0, |stats| stats.samples)
}

fn call(tool: &str, times: usize) {
    for _ in 0..times {
        drop(track_tool_call(tool, [("number", 1.into())]));
    }
}

#[tool(drift = false)]
fn unwatched() {}

#[tool]
fn watched() {}

#[test]
fn each_call_is_a_sample_and_failures_are_none() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    call("each", 300);
    for _ in 0..100 {
        let call = track_tool_call("each", [("number", 1.into())]);
        call.record_error("on purpose");
    }
    let stats = detector().baseline_stats("each").expect("it was called");
    assert_eq!(stats.samples, 300);
    assert!(stats.p50_ms > 0.0 && stats.p50_ms <= stats.p95_ms && stats.p95_ms <= stats.p99_ms);
    assert_eq!(stats.error_ratio, 0.25);
    let health = telemetry.health().drift;
    assert!(health.watching);
    assert_eq!((health.tools, health.calls), (1, 400));
    drop(telemetry);
    assert!(detector().baseline_stats("each").is_none());
}

/// More than a thread's ring holds, faster than the collector comes by.
#[test]
fn calls_without_a_record_are_samples_too() {
    const CALLS: usize = 400_000;
    let _alone = alone();
    let telemetry = start(|builder| builder.set("calls_queue_max_bytes", 65_536));
    let threads: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(|| (0..CALLS / 4).for_each(|_| watched())))
        .collect();
    threads.into_iter().for_each(|t| t.join().expect("it ends"));
    assert_eq!(samples("watched"), CALLS as u64);
    let health = telemetry.health().drift;
    assert_eq!(health.calls, CALLS as u64);
    assert!(health.calls_unordered > 0, "{health:?}");
    assert_eq!(health.calls_lost, 0);
}

#[test]
fn the_configuration_wins_over_the_attribute() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    unwatched();
    watched();
    assert_eq!((samples("unwatched"), samples("watched")), (0, 1));
    drop(telemetry);

    let rules = [
        ("unwatched", [("drift", true)]),
        ("watch*", [("drift", false)]),
    ];
    let telemetry = start(|builder| builder.set("tools", rules));
    unwatched();
    watched();
    assert_eq!((samples("unwatched"), samples("watched")), (1, 0));
    assert_eq!(telemetry.health().drift.calls, 1);
}

#[test]
fn on_and_off_while_running() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.yaml");
    let write = |keys: &str| {
        let text = format!(
            "telemetry: {{ traces_exporter: none, metrics_exporter: none, loki_enabled: false, {keys} }}"
        );
        fs::write(&file, text).expect("it can be written");
    };
    write("drift_detection_enabled: false");
    let telemetry = Telemetry::builder()
        .file(&file)
        .set("store", "none")
        .init()
        .expect("a right file");
    call("sometimes", 10);
    assert_eq!(samples("sometimes"), 0);
    assert!(!telemetry.health().drift.watching);
    let mut expected = 0;
    for _ in 0..2 {
        write("drift_threshold: 0.5");
        let reload = telemetry.reload().expect("a right file");
        assert!(reload.applied.contains(&"drift_detection_enabled"));
        call("sometimes", 10);
        expected += 10;
        assert_eq!(samples("sometimes"), expected, "what was known stays known");
        assert!(telemetry.health().drift.watching);

        write("drift_detection_enabled: false");
        let _ = telemetry.reload().expect("a right file");
        call("sometimes", 10);
        assert_eq!(samples("sometimes"), expected);
        assert!(!telemetry.health().drift.watching);
    }
    write("drift_max_tools: 7");
    let reload = telemetry.reload().expect("a right file");
    assert_eq!(reload.needs_restart, ["drift_max_tools"]);
}

#[test]
fn before_and_after_there_is_nothing_to_know() {
    let _alone = alone();
    assert!(detector().report(Filter::default()).is_empty());
    assert!(detector().subscribe().recv().is_none());
    assert!(!detector().accept("anything"));
    let telemetry = start(|builder| builder);
    let (mut early, taken) = (detector().subscribe(), detector().subscribe());
    drop(taken);
    assert!(early.try_recv().is_none());
    call("anything", 10);
    assert!(!detector().accept("anything"));
    assert_eq!(detector().reset_baseline(Some("anything")), 1);
    assert_eq!(samples("anything"), 0);
    assert!(telemetry.shutdown(PATIENCE).in_time);
    assert!(early.next().is_none(), "it ends with telemetry");
    assert!(detector().subscribe().recv().is_none());
    assert_eq!(detector().clear_events(None), 0);
}

#[test]
fn reports_as_files() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    call("reported", 5);
    let folder = tempfile::tempdir().expect("a folder");
    let (json, markdown) = (folder.path().join("d.json"), folder.path().join("d.md"));
    detector().export_report(&json).expect("it can be written");
    detector()
        .export_report(&markdown)
        .expect("it can be written");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).expect("it is there")).expect("JSON");
    assert_eq!(json["baselines"]["reported"]["samples"], 5);
    let markdown = fs::read_to_string(markdown).expect("it is there");
    assert!(markdown.contains("| reported | 5 |"), "{markdown}");
    let error = detector().export_report("d.txt").expect_err("no format");
    assert!(error.is_report(), "{error}");
    drop(telemetry);
}
