use super::super::format::Format;
use super::super::labels;
use super::super::others::Others;
use super::super::page::{self, Page};
use super::super::parser::{Samples, parse};
use super::super::zeroes::Shown;
use super::{snapshot, tool};
use crate::call::Objective;
use crate::metrics::{HealthPoint, Snapshot};

const BOTH: [Format; 2] = [Format::Text, Format::OpenMetrics];

#[test]
fn text_of_a_tool() {
    let page = second_page(Format::Text, &snapshot(&["load"]), &[]);
    assert_eq!(
        page,
        r##"# HELP target_info What is scraped: the resource.
# TYPE target_info gauge
target_info{service_name="shop"} 1
# HELP tool_calls_total Calls that ended, however they did.
# TYPE tool_calls_total counter
tool_calls_total{tool_name="load",environment="test"} 7
# HELP tool_errors_total Calls that failed or panicked.
# TYPE tool_errors_total counter
tool_errors_total{tool_name="load",environment="test"} 2
# HELP tool_errors_by_type_total Calls that failed or panicked, by the type of the error.
# TYPE tool_errors_by_type_total counter
tool_errors_by_type_total{tool_name="load",environment="test",error_type="NotFound"} 2
# HELP tool_slow_total Calls that took longer than the tool's objective, else than its limit.
# TYPE tool_slow_total counter
tool_slow_total{tool_name="load",environment="test"} 1
# HELP tool_active Calls that run now.
# TYPE tool_active gauge
tool_active{tool_name="load",environment="test"} 3
# HELP tool_threshold_ms The tool's limit, in milliseconds.
# TYPE tool_threshold_ms gauge
tool_threshold_ms{tool_name="load",environment="test"} 250.0
# HELP tool_drift_score How far a tool is from what is normal for it; from 1 on there is an event.
# TYPE tool_drift_score gauge
tool_drift_score{tool_name="load",environment="test"} 0.5
# HELP tool_drift_events_total Changes of a tool's behaviour, by type and severity.
# TYPE tool_drift_events_total counter
tool_drift_events_total{tool_name="load",environment="test",drift_type="performance",severity="high"} 1
# HELP tool_duration How long calls took, in milliseconds.
# TYPE tool_duration histogram
tool_duration_bucket{tool_name="load",environment="test",status="success",le="0.5"} 1
tool_duration_bucket{tool_name="load",environment="test",status="success",le="10.0"} 4
tool_duration_bucket{tool_name="load",environment="test",status="success",le="+Inf"} 5
tool_duration_sum{tool_name="load",environment="test",status="success"} 1030.25
tool_duration_count{tool_name="load",environment="test",status="success"} 5
tool_duration_bucket{tool_name="load",environment="test",status="error",le="0.5"} 0
tool_duration_bucket{tool_name="load",environment="test",status="error",le="10.0"} 2
tool_duration_bucket{tool_name="load",environment="test",status="error",le="+Inf"} 2
tool_duration_sum{tool_name="load",environment="test",status="error"} 8.0
tool_duration_count{tool_name="load",environment="test",status="error"} 2
"##
    );
}

#[test]
fn an_objective_is_three_gauges() {
    let mut snapshot = snapshot(&["load"]);
    snapshot.tools[0].objective = Objective {
        success: Some(99.9),
        latency_ms: Some(250.0),
        quantile: Some(95.0),
    };
    let page = second_page(Format::OpenMetrics, &snapshot, &[]);
    for part in [
        "# TYPE tool_objective_success gauge\n",
        "\ntool_objective_success{tool_name=\"load\",environment=\"test\"} 99.9\n",
        "# TYPE tool_objective_latency_ms gauge\n# UNIT tool_objective_latency_ms ms\n",
        "\ntool_objective_latency_ms{tool_name=\"load\",environment=\"test\"} 250.0\n",
        "\ntool_objective_quantile{tool_name=\"load\",environment=\"test\"} 95.0\n",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn openmetrics_names_families_and_has_units_and_exemplars() {
    let health = [HealthPoint {
        name: "telemetry.queue.bytes",
        monotonic: false,
        value: 40,
        attributes: vec![("signal", "traces".to_owned())],
    }];
    let page = second_page(Format::OpenMetrics, &snapshot(&["load"]), &health);
    for part in [
        "# TYPE target info\ntarget_info{service_name=\"shop\"} 1\n",
        "# TYPE tool_calls counter\ntool_calls_total{tool_name=\"load\",environment=\"test\"} 7\n",
        "# TYPE tool_threshold_ms gauge\n# UNIT tool_threshold_ms ms\n",
        "# TYPE telemetry_queue_bytes gauge\n# UNIT telemetry_queue_bytes bytes\n\
         telemetry_queue_bytes{signal=\"traces\"} 40\n",
        "le=\"10.0\"} 4 # {trace_id=\"0000000000000000000000000000002a\",span_id=\"000000000000000f\"} \
         9.75 1700000000.123\n",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    assert!(page.ends_with("\n# EOF\n"));
    assert_eq!(page.matches(" # {").count(), 1);
}

#[test]
fn a_counter_is_zero_when_it_is_first_shown() {
    let shown = Shown::default();
    let mut snapshot = snapshot(&["load"]);
    snapshot.tools[0].durations.truncate(1);
    let health = [HealthPoint {
        name: "telemetry.spans.dropped",
        monotonic: true,
        value: 9,
        attributes: vec![("cause", "queue_full".to_owned())],
    }];
    let success = r#"tool_duration_count{tool_name="load",environment="test",status="success"}"#;
    let bucket =
        r#"tool_duration_bucket{tool_name="load",environment="test",status="success",le="10.0"}"#;
    let error = r#"tool_duration_count{tool_name="load",environment="test",status="error"}"#;
    let by_type =
        r#"tool_errors_by_type_total{tool_name="load",environment="test",error_type="NotFound"}"#;
    let calls = r#"tool_calls_total{tool_name="load",environment="test"}"#;
    let active = r#"tool_active{tool_name="load",environment="test"}"#;
    let dropped = r#"telemetry_spans_dropped_total{cause="queue_full"}"#;
    let at = |samples: &Samples, series: &str| samples.get(series).copied();

    let first = scrape(&shown, &snapshot, &health, true);
    for series in [success, bucket, by_type, calls, dropped] {
        assert_eq!(at(&first, series), Some(0.0), "{series}");
    }
    assert_eq!(at(&first, active), Some(3.0));
    assert_eq!(at(&first, error), None);

    snapshot.tools = super::snapshot(&["load", "save"]).tools;
    let second = scrape(&shown, &snapshot, &health, true);
    for (series, value) in [
        (success, 5.0),
        (bucket, 4.0),
        (by_type, 2.0),
        (calls, 7.0),
        (dropped, 9.0),
    ] {
        assert_eq!(at(&second, series), Some(value), "{series}");
    }
    assert_eq!(
        at(&second, error),
        Some(0.0),
        "a status that has not been shown"
    );
    assert_eq!(
        at(&second, &calls.replace("load", "save")),
        Some(0.0),
        "a tool that has not been shown"
    );

    let third = scrape(&shown, &snapshot, &health, true);
    assert_eq!(at(&third, error), Some(2.0));
    assert_eq!(at(&third, &calls.replace("load", "save")), Some(7.0));
}

#[test]
fn a_scrape_that_was_not_delivered_has_shown_nothing() {
    let shown = Shown::default();
    let snapshot = snapshot(&["load"]);
    let calls = r#"tool_calls_total{tool_name="load",environment="test"}"#;
    for _ in 0..2 {
        assert_eq!(scrape(&shown, &snapshot, &[], false).get(calls), Some(&0.0));
    }
    assert_eq!(scrape(&shown, &snapshot, &[], true).get(calls), Some(&0.0));
    assert_eq!(scrape(&shown, &snapshot, &[], false).get(calls), Some(&7.0));
}

#[test]
fn a_tool_without_errors_has_an_error_counter_of_zero() {
    let mut snapshot = snapshot(&["load"]);
    snapshot.tools[0].errors = 0;
    snapshot.tools[0].errors_by_type.clear();
    snapshot.tools[0].threshold_ms = None;
    for format in BOTH {
        let page = second_page(format, &snapshot, &[]);
        let samples = parse(&page, format);
        assert_eq!(
            samples.get(r#"tool_errors_total{tool_name="load",environment="test"}"#),
            Some(&0.0)
        );
        assert!(
            !page.contains("by_type") && !page.contains("threshold"),
            "{page}"
        );
    }
}

#[test]
fn hostile_names_stay_inside_their_labels() {
    let names = [
        "a\"} 1\ntool_calls_total{x=\"",
        "\\",
        "\\n",
        "\n",
        "\r\n# EOF",
        "\u{1b}[31m",
        "nul\0",
        "",
        "ü 🦀",
    ];
    let huge = "x".repeat(1 << 20);
    let mut snapshot = snapshot(&names);
    snapshot.tools.push(tool(&huge));
    snapshot.tools[0].errors_by_type = vec![("E\"\\\n".into(), 1)];
    snapshot.tools[0].threshold_ms = Some(f64::NAN);
    snapshot.tools[1].durations[0].1.sum = f64::INFINITY;
    for format in BOTH {
        let page = second_page(format, &snapshot, &[]);
        let samples = parse(&page, format);
        let calls = samples
            .keys()
            .filter(|series| series.starts_with("tool_calls_total"));
        assert_eq!(calls.count(), names.len() + 1);
        assert!(
            page.contains(r#"{tool_name="a\"} 1\ntool_calls_total{x=\"",environment="test"} 7"#)
        );
        assert!(page.contains(r#"error_type="E\"\\\n""#));
    }
}

#[test]
fn resource_attributes_become_labels_that_prometheus_takes() {
    let labels = labels::of([
        ("service.name", "shop"),
        ("service_name", "other"),
        ("9lives", "cat"),
        ("__meta", "x"),
        ("größe", "1"),
        ("", "nothing"),
    ]);
    assert_eq!(
        labels,
        r#"_meta="x",gr_e="1",key_9lives="cat",service_name="shop;other""#
    );
}

#[test]
fn health_points_with_equal_labels_are_one_sample() {
    let point = |value| HealthPoint {
        name: "telemetry.tools",
        monotonic: false,
        value,
        attributes: vec![],
    };
    let page = second_page(Format::Text, &snapshot(&[]), &[point(2), point(3)]);
    assert!(
        page.ends_with("# TYPE telemetry_tools gauge\ntelemetry_tools 5\n"),
        "{page}"
    );
}

#[test]
fn the_format_is_the_one_with_the_highest_weight() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    for (accept, format) in [
        (prometheus, Format::OpenMetrics),
        ("", Format::Text),
        ("*/*", Format::Text),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text),
        ("application/openmetrics-text", Format::OpenMetrics),
        (
            "Application/OpenMetrics-Text; Version=\"1.0.0\"",
            Format::OpenMetrics,
        ),
        (
            "text/plain;q=0.5, application/openmetrics-text;q=0.4",
            Format::Text,
        ),
        (
            "text/plain;q=0.4;version=0.0.4, application/openmetrics-text;q=0.5",
            Format::OpenMetrics,
        ),
        ("application/openmetrics-text;q=0", Format::Text),
        ("application/openmetrics-text;version=2.0.0", Format::Text),
        (
            "application/openmetrics-text;q=nonsense,text/plain;q=0.1",
            Format::Text,
        ),
        ("application/json", Format::Text),
    ] {
        assert_eq!(Format::accepted(accept), format, "{accept}");
    }
}

/// The page once its counters have been shown.
fn second_page(format: Format, snapshot: &Snapshot, health: &[HealthPoint]) -> String {
    let shown = Shown::default();
    scrape(&shown, snapshot, health, true);
    write(&shown, format, snapshot, health, true)
}

fn scrape(shown: &Shown, snapshot: &Snapshot, health: &[HealthPoint], delivered: bool) -> Samples {
    parse(
        &write(shown, Format::Text, snapshot, health, delivered),
        Format::Text,
    )
}

fn write(
    shown: &Shown,
    format: Format,
    snapshot: &Snapshot,
    health: &[HealthPoint],
    delivered: bool,
) -> String {
    let page = Page {
        snapshot,
        health,
        target: "service_name=\"shop\"",
        environment: "test",
        others: &Others::default(),
    };
    let mut zeroes = shown.scrape();
    let mut out = Vec::new();
    page::write(page, format, &mut zeroes, &mut out).unwrap();
    if delivered {
        shown.delivered(zeroes);
    }
    let text = String::from_utf8(out).unwrap();
    parse(&text, format);
    text
}
