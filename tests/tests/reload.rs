//! What changes while telemetry runs.

use std::fs;
use std::path::{Path, PathBuf};

use telemetry_runtime::{Telemetry, current};
use telemetry_tests::spans::{Spans, attribute};
use telemetry_tests::{PATIENCE, alone, statistics, tool, track, until};

struct File {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl File {
    /// A file with this below `telemetry:`.
    fn with(body: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Self {
            path: folder.path().join("telemetry.yaml"),
            _folder: folder,
        };
        file.write(body);
        file
    }

    fn write(&self, body: &str) {
        let lines = body.lines().map(|line| format!("  {}\n", line.trim()));
        let text = format!(
            "telemetry:\n  traces_exporter: none\n  metrics_exporter: none\n  logs_exporter: none\n{}",
            lines.collect::<String>()
        );
        replace(&self.path, &text);
    }
}

/// As editors do: nobody sees half of it.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).expect("it can be written");
    fs::rename(new, path).expect("it can be renamed");
}

fn start(file: &File, spans: &Spans) -> Telemetry {
    let builder = Telemetry::builder()
        .file(&file.path)
        .set("store", "none")
        .span_exporter(spans.clone());
    builder.init().expect("a right configuration")
}

fn is_sampled() -> bool {
    tool!("asks", || current().is_sampled())
}

#[test]
fn sampling_thresholds_and_rules_change_at_once() {
    let _alone = alone();
    let file = File::with("traces_sample_rate: 1");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    assert!(is_sampled());

    file.write("traces_sample_rate: 0\ntraces_keep: []\nthresholds: { asks: 0.000001 }");
    let reload = telemetry.reload().expect("a right file");
    assert_eq!(
        reload.applied,
        ["traces_sample_rate", "traces_keep", "thresholds"]
    );
    assert!(reload.needs_restart.is_empty());
    let slow = statistics("asks").slow;
    assert!(!is_sampled());
    assert_eq!(statistics("asks").slow, slow + 1);
    let shown = telemetry.effective_config();
    assert!(shown.contains("traces_sample_rate: 0 "), "{shown}");

    file.write("tools: { asks: { enabled: false } }");
    telemetry.reload().expect("a right file");
    let calls = statistics("asks").calls;
    assert!(!is_sampled(), "it is not there");
    assert_eq!(statistics("asks").calls, calls);

    file.write("tools: { asks: { params_capture: none } }");
    telemetry.reload().expect("a right file");
    track("asks", "left out");
    file.write("params_max_length: 3");
    telemetry.reload().expect("a right file");
    track("asks", "cut short");
    let sent = spans.after(telemetry);
    let params = sent
        .all("asks")
        .into_iter()
        .filter_map(|span| attribute(span, "tool.param.text"));
    assert_eq!(params.collect::<Vec<_>>(), ["cut…"]);
}

#[test]
fn back_to_what_it_was() {
    let _alone = alone();
    let file = File::with("traces_sample_rate: 1");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    for _ in 0..2 {
        file.write("traces_sample_rate: 0\ntraces_keep: []");
        assert_eq!(
            telemetry.reload().expect("right").applied,
            ["traces_sample_rate", "traces_keep"]
        );
        assert!(!is_sampled());
        file.write("traces_sample_rate: 1");
        assert_eq!(
            telemetry.reload().expect("right").applied,
            ["traces_sample_rate", "traces_keep"]
        );
        assert!(is_sampled());
        assert_eq!(
            telemetry.reload().expect("right"),
            telemetry_runtime::Reload::default()
        );
    }
    assert_eq!(spans.after(telemetry).names(), ["tool.asks"; 2]);
}

#[test]
fn what_needs_a_restart_waits_for_one() {
    let _alone = alone();
    let file = File::with("otel_context: false\nmax_tools: 5000");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    file.write("otel_context: true\nmax_tools: 1\ntraces_sample_rate: 0.5");
    for applied in [&["traces_sample_rate"][..], &[]] {
        let reload = telemetry.reload().expect("a right file");
        assert_eq!(reload.applied, applied);
        assert_eq!(
            reload.needs_restart,
            ["max_tools", "otel_context"],
            "as long as it is so"
        );
    }
    let shown = telemetry.effective_config();
    assert!(
        shown.contains("otel_context: false") && shown.contains("max_tools: 5000"),
        "{shown}"
    );
    tool!("asks for context", || {
        use opentelemetry::trace::TraceContextExt;
        assert!(!opentelemetry::Context::map_current(
            TraceContextExt::has_active_span
        ));
    });
    track("beyond one tool", "");
    assert_eq!(statistics("beyond one tool").calls, 1);
    drop(telemetry);
}

#[test]
fn neither_on_nor_off() {
    let _alone = alone();
    let file = File::with("enabled: false");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    file.write("enabled: true\ntraces_sample_rate: 0.5");
    assert_eq!(
        telemetry.reload().expect("right").needs_restart,
        ["enabled"]
    );
    tool!("asks unheard", || assert!(current().span_id().is_none()));
    drop(telemetry);

    let telemetry = start(&file, &spans);
    file.write("enabled: false\ntraces_sample_rate: 1");
    assert_eq!(
        telemetry.reload().expect("right").needs_restart,
        ["enabled"]
    );
    assert!(is_sampled());
    drop(telemetry);
}

#[test]
fn a_wrong_file_changes_nothing() {
    let _alone = alone();
    let file = File::with("traces_sample_rate: 1");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    let before = telemetry.effective_config();
    for wrong in [
        "traces_sample_rate: 2\nthresholds: { asks: 0.000001 }",
        "nonsense: 1\ntraces_sample_rate: 0",
        "traces_sample_rate: [",
    ] {
        file.write(wrong);
        assert!(telemetry.reload().expect_err(wrong).is_config());
        assert!(is_sampled(), "{wrong}");
        assert_eq!(statistics("asks").slow, 0, "{wrong}");
    }
    fs::remove_file(&file.path).expect("it is there");
    assert!(telemetry.reload().expect_err("no file").is_config());
    assert_eq!(telemetry.effective_config(), before);
    drop(telemetry);
}

#[test]
fn watched() {
    let _alone = alone();
    let file = File::with("watch: true\ntraces_sample_rate: 1");
    let spans = Spans::default();
    let telemetry = start(&file, &spans);
    assert!(is_sampled());
    file.write("watch: true\ntraces_sample_rate: 0\ntraces_keep: []");
    until("the change is seen", || !is_sampled());
    // The wrong one is passed over, the one after it is not.
    file.write("watch: true\ntraces_sample_rate: wrong");
    file.write("watch: true\ntraces_sample_rate: 1\nparams_max_length: 7");
    until("the next change is seen", is_sampled);
    until("all of it", || {
        telemetry
            .effective_config()
            .contains("params_max_length: 7")
    });
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete());
    file.write("watch: true\ntraces_sample_rate: 0.5");
    assert!(!is_sampled());
}
