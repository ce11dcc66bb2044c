//! `report`, `baseline`, `accept`, `reset`, `export`, and `check` against a stored version.

use std::fs;

use serde_json::json;
use telemetry_runtime::drift::{Baseline, Detector, DetectorConfig, Event, Growth, Outcome};
use telemetry_runtime::store::{Batch, SqliteStore, Store, Writer};

use crate::tool::{Place, durations, lines, slower};

/// A store as a program leaves it: two tools, two versions, events.
fn store(place: &Place) {
    let mut store = SqliteStore::open(place.path("telemetry.db")).unwrap();
    for (version, seed) in [("1.0", 1), ("1.1", 2)] {
        let writer = Writer {
            id: version.to_owned(),
            service: "agent".to_owned(),
            environment: "prod".to_owned(),
            version: version.to_owned(),
        };
        let baseline = baseline(seed);
        let growth =
            ["rag_query", "llm_generate"].map(|tool| Growth::new(tool, false, baseline.clone()));
        let events = vec![
            event("rag_query", "medium", "performance"),
            event("llm_generate", "critical", "pattern"),
        ];
        let batch = Batch {
            writer,
            number: 1,
            growth: growth.into(),
            events,
            seen: 0,
        };
        store.write(&batch).unwrap();
    }
}

fn baseline(seed: u64) -> Baseline {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let successes = durations(seed, 3000)
        .into_iter()
        .map(|ms| ((ms * 1e6) as u64, 1));
    let at = std::time::SystemTime::now();
    detector.observe_counts("t", successes, 30, 0, at);
    for ms in durations(seed + 10, 2000) {
        detector.observe_ms("t", ms, Outcome::Success, at);
    }
    detector.advance(at + std::time::Duration::from_secs(60));
    detector.export_baselines().pop().unwrap().1
}

fn event(tool: &str, severity: &str, drift_type: &str) -> Event {
    let json = json!({
        "timestamp": "2026-01-01T00:00:00Z", "tool_name": tool, "drift_type": drift_type,
        "severity": severity, "status": "drifted", "baseline_value": 33.0, "current_value": 41.0,
        "deviation_percent": 24.2, "description": format!("{tool} is 24 % slower"),
        "metadata": {
            "measure": "median", "before": null, "after": null, "since": null, "since_interval": null,
            "calls": 212, "sample": 5212, "sample_since": 5000, "traces_before": [], "traces_after": [],
            "caller": null, "service_version": null, "baseline_version": null, "environment": null,
            "score": 15.0, "score_limit": 14.3,
        },
    });
    Event::from_json(&json.to_string()).unwrap()
}

const STORE: [&str; 2] = ["--store", "telemetry.db"];

fn drift(place: &Place, arguments: &[&str]) -> crate::tool::Said {
    place.run(&[&["drift"], arguments, &STORE].concat())
}

#[test]
fn events_are_reported_and_chosen() {
    let place = Place::new();
    store(&place);
    let said = drift(&place, &["report"]).ends(0);
    assert_eq!(said.out.lines().count(), 4);
    assert!(!said.out.contains('\u{1b}'), "no colours into a pipe");
    let line = said.out.lines().next().unwrap();
    assert!(
        line.starts_with("2026-01-01T00:00:00Z  ")
            && line.contains("agent 1.")
            && line.contains("(prod)"),
        "{line}"
    );

    let chosen = [
        "report",
        "--severity",
        "high",
        "--service-version",
        "1.1",
        "--format",
        "json",
    ];
    let said = drift(&place, &chosen).ends(0);
    let events = said.json();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["tool_name"], &events[0]["version"]),
        (&json!("llm_generate"), &json!("1.1"))
    );
    let said = drift(&place, &["report", "--since", "2h"]).ends(0);
    assert_eq!(said.out, "no events\n");
    drift(&place, &["report", "--severity", "bad"]).ends(2);
    drift(&place, &["report", "--since", "yesterday"]).ends(2);
    assert_eq!(
        drift(&place, &["report", "--limit", "3"])
            .out
            .lines()
            .count(),
        3
    );
}

#[test]
fn baselines_are_shown_accepted_and_forgotten() {
    let place = Place::new();
    store(&place);
    let said = drift(&place, &["baseline"]).ends(0);
    assert_eq!(said.out.lines().count(), 5, "{}", said.out);
    let said = drift(&place, &["baseline", "rag_query", "--format", "json"]).ends(0);
    let rows = said.json();
    assert_eq!(rows.len(), 2);
    let median = rows[0]["p50_ms"].as_f64().unwrap();
    assert!((28.0..32.0).contains(&median), "{median}");

    let said = drift(&place, &["accept", "rag_qery"]).ends(2);
    assert!(
        said.err.contains("known: llm_generate, rag_query"),
        "{}",
        said.err
    );
    drift(&place, &["accept"]).ends(2);
    let said = drift(&place, &["accept", "rag_query"]).ends(0);
    assert!(said.out.contains("accepted: 2 baselines"), "{}", said.out);
    let said = drift(&place, &["report", "--tool", "rag_query"]).ends(0);
    assert_eq!(
        said.out.matches("accepted since").count(),
        2,
        "{}",
        said.out
    );
    let rows = drift(&place, &["baseline", "rag_query", "--format", "json"]).json();
    assert!(rows[0]["accepted"].is_string() && rows[0]["p50_ms"].is_null());

    let said = drift(&place, &["reset", "--all", "--service-version", "1.0"]).ends(0);
    assert!(said.out.contains("forgotten: 2 baselines"), "{}", said.out);
    assert_eq!(drift(&place, &["baseline"]).out.lines().count(), 3);
}

#[test]
fn a_report_is_written_by_its_name() {
    let place = Place::new();
    store(&place);
    drift(&place, &["export", "report.json"]).ends(0);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("report.json")).unwrap()).unwrap();
    assert_eq!(json["events"].as_array().unwrap().len(), 4);
    assert_eq!(
        json["baselines"].as_object().unwrap().len(),
        4,
        "one a tool and version"
    );
    drift(&place, &["export", "report.md"]).ends(0);
    assert!(
        fs::read_to_string(place.path("report.md"))
            .unwrap()
            .starts_with("# Drift report")
    );
    let said = drift(&place, &["export", "report.pdf"]).ends(2);
    assert!(
        said.err
            .contains("found the extension pdf, allowed: json, md"),
        "{}",
        said.err
    );
    drift(&place, &["export", "no/such/report.md"]).ends(3);
}

#[test]
fn a_candidate_is_compared_with_a_stored_version() {
    let place = Place::new();
    store(&place);
    let same = place.file("rag_query.txt", lines(durations(21, 3000)));
    let slow = place.file("slow.txt", lines(slower(durations(22, 3000), 0, 1.3)));
    drift(&place, &["check", &same, "--against", "1.0"]).ends(0);
    drift(
        &place,
        &["check", &slow, "--tool", "rag_query", "--against", "1.0"],
    )
    .ends(1);
    let said = drift(&place, &["check", &same, "--against", "0.9"]).ends(2);
    assert!(
        said.err.contains("no baseline of such a version"),
        "{}",
        said.err
    );
}

#[test]
fn a_configuration_names_the_store() {
    let place = Place::new();
    store(&place);
    let said = place.run(&["drift", "baseline"]).ends(2);
    assert!(said.err.contains("no store is named"), "{}", said.err);
    place.file(
        "telemetry.yaml",
        "telemetry: { service_name: agent, environment: prod, store_file: telemetry.db }\n",
    );
    assert_eq!(
        place
            .run(&["drift", "baseline"])
            .ends(0)
            .out
            .lines()
            .count(),
        5
    );
    place.file(
        "other.yaml",
        "telemetry: { service_name: other, environment: prod }\n",
    );
    let said = place
        .run(&["drift", "baseline", "--config", "other.yaml"])
        .ends(0);
    assert_eq!(said.out, "no baselines\n");
}

#[test]
fn a_store_that_cannot_be_read_is_told() {
    let place = Place::new();
    let said = drift(&place, &["report"]).ends(3);
    assert!(
        said.err.contains("telemetry.db: there is no such file"),
        "{}",
        said.err
    );
    assert!(!place.path("telemetry.db").exists(), "nothing is made");
    place.file(
        "telemetry.db",
        "this is no database, but a text that somebody wrote",
    );
    let said = drift(&place, &["report"]).ends(3);
    assert!(
        said.err.contains("it is no SQLite database"),
        "{}",
        said.err
    );
    let url = "postgres://u:s3cret@127.0.0.1:1/d";
    let said = place.run(&["drift", "report", "--store", url]).ends(3);
    assert!(
        said.err.contains("postgres://[redacted]@127.0.0.1:1/d"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("s3cret"), "{}", said.err);
    let said = place
        .run(&["drift", "report", "--store", "mysql://u:s3cret@h/d"])
        .ends(3);
    assert!(!said.err.contains("s3cret"), "{}", said.err);
}
