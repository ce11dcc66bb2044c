//! `telemetry config`.

use crate::tool::Place;

#[test]
fn a_right_file_is_said_to_be_right() {
    let place = Place::new();
    let file = place.file("telemetry.yaml", "telemetry:\n  service_name: checkout\n");
    let said = place.run(&["config", "check", &file]).ends(0);
    assert_eq!(said.out, "telemetry.yaml: no fault\n");
    assert_eq!(said.err, "");
}

#[test]
fn every_fault_is_told_with_its_place() {
    let place = Place::new();
    let file = place.file(
        "telemetry.yaml",
        "telemetry:\n  servce_name: x\n  traces_sample_rate: 7\n  store_url: postgres://u:s3cret@h:port\n",
    );
    let said = place.run(&["config", "check", &file]).ends(2);
    for part in [
        "telemetry.yaml:2:3: telemetry.servce_name: unknown key; nearest: service_name",
        "telemetry.yaml:3:",
        "found 7, allowed: a number from 0 to 1",
        "store_url: found a port that is no number",
    ] {
        assert!(said.err.contains(part), "{}", said.err);
    }
    assert!(!said.err.contains("s3cret"), "{}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn what_only_another_build_has_is_a_note() {
    let place = Place::new();
    let file = place.file("telemetry.yaml", "telemetry: { traces_protocol: grpc }\n");
    let said = place.run(&["config", "check", &file]).ends(0);
    assert!(
        said.err.contains("needs the cargo feature otlp-grpc"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("this build"), "{}", said.err);
}

#[test]
fn all_keys_are_shown_with_their_origins() {
    let place = Place::new();
    let file = place.file(
        "telemetry.yaml",
        "telemetry:\n  service_name: checkout\n  traces_headers: { authorization: Bearer-s3cret }\n",
    );
    let mut command = place.command();
    command.args(["config", "show", &file]);
    command.env("TELEMETRY_TRACES_SAMPLE_RATE", "0.1");
    let said: crate::tool::Said = command.output().unwrap().into();
    let said = said.ends(0);
    for line in [
        "service_name: checkout  (file telemetry.yaml:2)",
        "traces_sample_rate: 0.1  (TELEMETRY_TRACES_SAMPLE_RATE)",
        "store: sqlite  (default)",
    ] {
        assert!(
            said.out.lines().any(|it| it == line),
            "{line} in {}",
            said.out
        );
    }
    assert!(!said.out.contains("s3cret"));
}

#[test]
fn a_file_that_is_not_there_and_a_command_that_is_none() {
    let place = Place::new();
    let said = place.run(&["config", "check", "none.yaml"]).ends(2);
    assert!(
        said.err.contains("none.yaml: there is no such file"),
        "{}",
        said.err
    );
    let said = place.run(&["confg"]).ends(2);
    assert!(
        said.err.contains("config"),
        "it says what is near: {}",
        said.err
    );
    place.run(&[]).ends(2);
    let said = place.run(&["drift", "--help"]).ends(0);
    assert!(said.out.contains("replay") && !said.out.contains('\u{1b}'));
    place.run(&["--version"]).ends(0);
}
