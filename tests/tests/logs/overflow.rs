//! Records and lines that find no room.

use std::time::Duration;

use telemetry_runtime::health;
use telemetry_tests::sink::{Mode, Sink};
use telemetry_tests::{PATIENCE, alone, until};
use tracing::info;

use super::{lines_to, logs_to, lookup, start};

/// Lines that were written are delivered or counted as dropped, each.
fn all_are_accounted_for(overflow: &str, lines: u64) -> (u64, u64) {
    let sink = Sink::counting(Mode::Silent);
    let telemetry = start(
        lines_to(&sink)
            .set("logs_overflow", overflow)
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_block_timeout_ms", 1),
    );
    let filler = "x".repeat(150);
    (0..lines).for_each(|line| info!(line, filler, "burst"));
    sink.set_mode(Mode::Accept);
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!((report.logs.waiting, report.in_time), (0, true), "{report}");
    assert_eq!(report.logs.delivered, sink.seen().log_count);
    (report.logs.delivered, report.logs.dropped)
}

#[test]
fn under_overflow_counts_are_exact() {
    let _alone = alone();
    for overflow in ["drop_newest", "drop_oldest"] {
        let (delivered, dropped) = all_are_accounted_for(overflow, 20_000);
        assert_eq!(delivered + dropped, 20_000, "{overflow}");
        assert!(
            delivered > 0 && dropped > 0,
            "{overflow}: {delivered} {dropped}"
        );
    }
}

#[test]
fn who_may_wait_waits_for_room_but_not_for_ever() {
    let _alone = alone();
    // 2 ms a line that finds no room.
    let (delivered, dropped) = all_are_accounted_for("block", 2_000);
    assert_eq!(delivered + dropped, 2_000);
    assert!(
        dropped > 0,
        "the sink took nothing for longer than a line waits"
    );

    let sink = Sink::counting(Mode::Accept);
    let telemetry = start(
        lines_to(&sink)
            .set("logs_overflow", "block")
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_block_timeout_ms", 60_000),
    );
    let filler = "x".repeat(150);
    (0..20_000).for_each(|line| info!(line, filler, "burst"));
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(sink.seen().log_count, 20_000, "none is lost");
}

/// One destination takes nothing: the other gets what is written all the same.
#[test]
fn who_waits_for_one_of_two_does_not_keep_the_other_waiting_for_ever() {
    const LINES: u64 = 10_000;
    let _alone = alone();
    let sink = Sink::counting(Mode::Silent);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("logs.jsonl");
    let telemetry = start(
        lines_to(&sink)
            .set("logs_exporter", vec!["otlp", "file"])
            .set("logs_file", file.to_string_lossy().into_owned())
            .set("logs_overflow", "block")
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_block_timeout_ms", 5),
    );
    let filler = "x".repeat(150);
    (0..LINES).for_each(|line| info!(line, filler, "burst"));
    sink.set_mode(Mode::Accept);
    assert!(telemetry.flush(PATIENCE).in_time);
    let health = health();
    let dropped_by = |name: &str| {
        let of = health.destinations.iter().filter(|one| one.name == name);
        of.flat_map(|one| &one.dropped)
            .map(|(_, lines)| lines)
            .sum::<u64>()
    };
    let found_no_room = health.log_lines_dropped_before_export;
    let report = telemetry.shutdown(PATIENCE);
    let written = std::fs::read_to_string(file).expect("it is there");
    let in_file = written.matches("\"burst\"").count() as u64;
    let arrived = sink.seen().log_count;
    assert!(in_file > 1_000, "more than waits anywhere: {in_file}");
    assert!(dropped_by("otlp") > 0, "it was full: {health:?}");
    assert_eq!(report.logs.delivered, in_file + arrived, "{report}");
    // What found no room at all is lost to both, and counted once.
    assert_eq!(
        in_file + dropped_by("file") + found_no_room,
        LINES,
        "{health:?}"
    );
    assert_eq!(
        arrived + dropped_by("otlp") + found_no_room,
        LINES,
        "{health:?}"
    );
}

#[test]
fn neither_kind_takes_the_others_room() {
    let _alone = alone();
    let sink = Sink::counting(Mode::Silent);
    let telemetry = start(
        logs_to(&sink)
            .set("logs_queue_max_bytes", 65_536)
            .set("logs_timeout_ms", 200)
            .set("logs_batch_delay_ms", 1),
    );
    let filler = "x".repeat(150);
    (0..20_000).for_each(|line| info!(line, filler, "burst"));
    until("the flood is dropped", || {
        let health = health();
        let dropped = health.destinations.iter().flat_map(|one| &one.dropped);
        dropped.map(|(_, lines)| lines).sum::<u64>() + health.log_lines_dropped_before_export > 0
    });
    let before = sink.seen().log_count;
    assert!(lookup(20, "").is_err());
    telemetry.flush(Duration::from_millis(1));
    sink.set_mode(Mode::Accept);
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.logs.dropped > 0 && sink.seen().log_count > before);
    let by_calls = report.logs.delivered + report.logs.dropped - 20_000;
    assert_eq!(by_calls, 1, "{report}");
}
