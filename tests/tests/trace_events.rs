//! `trace_events` turned on while the program runs: what takes its lines is installed then. A
//! process of its own, since a subscriber stays.

use telemetry_runtime::{Telemetry, tool};
use telemetry_tests::sink::{Mode, Sink};
use telemetry_tests::{PATIENCE, alone};
use tracing::info;

#[tool]
fn working(step: u32) {
    info!(step, "half way");
}

#[test]
fn lines_become_events_from_the_reload_on() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.yaml");
    let write = |more: &str| {
        let fixed = "metrics_exporter: none\n  loki_enabled: false";
        let url = sink.url();
        let text = format!("telemetry:\n  {fixed}\n  traces_endpoint: {url}\n  {more}\n");
        std::fs::write(&file, text).expect("it can be written");
    };
    write("trace_events: false");
    let telemetry = Telemetry::builder()
        .file(&file)
        .init()
        .expect("a right file");
    assert!(
        !tracing::dispatcher::has_been_set(),
        "nobody asked for lines"
    );
    working(1);
    write("trace_events: true");
    let reload = telemetry.reload().expect("a right file");
    assert_eq!(
        (reload.applied, reload.needs_restart),
        (vec!["trace_events"], vec![])
    );
    working(2);
    write("trace_events: false");
    telemetry.reload().expect("a right file");
    working(3);
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let seen = sink.seen();
    let events: Vec<_> = seen.spans.iter().map(|span| span.events.len()).collect();
    assert_eq!(events, [0, 1, 0]);
}
