//! The laboratory measures, and what it says of losses adds up. No figure is looked at: that
//! takes a release build and a calm machine.

use std::process::Command;

use serde_json::Value;

/// What the lab writes where `--json` says, or prints.
fn lab(arguments: &[&str]) -> Value {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("report.json");
    let of_one = arguments[0] == "ours" || arguments[0] == "scale";
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetry-lab"));
    command.args(arguments);
    if !of_one {
        command.arg("--json").arg(&file);
    }
    let output = command.output().expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    let bytes = if of_one {
        output.stdout
    } else {
        std::fs::read(&file).expect("it was written")
    };
    serde_json::from_slice(&bytes).expect("a document")
}

#[test]
fn every_case_has_a_cost() {
    let listed = lab(&["ours", "list"]);
    let variant = &listed["variants"][0];
    let name = variant["name"].as_str().unwrap();
    let reports = lab(&["calls", "--variant", name, "--rounds", "3", "--tight"]);
    let measured = reports[0]["cases"].as_array().unwrap();
    let cost = |case: &Value| measured.iter().find(|cost| cost["case"] == *case);
    let cases = variant["cases"].as_array().unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let cost = cost(case).unwrap_or_else(|| panic!("{case} was not measured"));
        assert!(
            cost["ns"]["median"].is_f64() && cost["tight"]["mean"].is_f64(),
            "{cost}"
        );
    }
    for case in [
        "before init",
        "first call of a thread",
        "two reads of the counter",
    ] {
        assert!(cost(&case.into()).is_some(), "{case}");
    }
    let settings = reports[0]["subject"]["settings"].as_array().unwrap();
    assert!(
        settings
            .iter()
            .any(|line| line.as_str().unwrap().contains("otel_context"))
    );
}

/// What arrived and what was counted as dropped is what was called, and the server's counter of
/// calls says so too.
fn adds_up(report: &Value) {
    let number = |value: &Value| value.as_u64().expect("a number");
    let (calls, arrived) = (number(&report["calls"]), &report["arrived"]);
    assert!(calls > 0);
    assert_eq!(number(&arrived["unreadable"]), 0);
    assert_eq!(number(&arrived["calls_counted"]), calls);
    let dropped = number(&report["finish"]["spans_dropped"]);
    assert_eq!(number(&arrived["spans"]) + dropped, calls);
}

#[test]
fn a_steady_rate_adds_up() {
    let reports = lab(&["steady", "--rate", "2000", "--seconds", "1"]);
    adds_up(&reports[0]);
    assert_eq!(reports[0]["rate"], 2000);
}

#[test]
fn overload_adds_up() {
    let reports = lab(&["overload", "--seconds", "1"]);
    let threads: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .inspect(|report| adds_up(report))
        .collect();
    assert_eq!(threads.len(), 2);
}

#[test]
fn threads_and_tools_are_counted_however_many() {
    for kind in ["tools", "alive", "gone"] {
        let scale = lab(&["scale", kind, "50"]);
        assert!(scale["calls"].as_u64().unwrap() >= 50);
        assert_eq!(scale["calls"], scale["calls_counted"], "{kind}");
    }
}
