//! The files of `deploy/` that no server of these tests reads by itself: the compose file and its
//! environment, rules as Prometheus' own tool sees them, dashboards, the refusal of weak passwords.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::Binaries;
use crate::harness::shipped::deploy;

const EXAMPLE: &str = ".env.observability.example";

#[test]
fn the_compose_file_is_one() {
    let Some(binaries) = Binaries::find("stack::files::the_compose_file_is_one") else {
        return;
    };
    let loaded = said(
        Command::new(&binaries.compose_config)
            .arg(deploy().join(EXAMPLE))
            .arg(deploy().join("compose.yaml"))
            .output(),
    );
    let project: Value = serde_json::from_str(&loaded).expect("it prints JSON");
    let services = project["services"].as_object().expect("services");
    let names: Vec<_> = services.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "alertmanager",
            "grafana",
            "jaeger",
            "loki",
            "otel-collector",
            "postgres",
            "preflight",
            "prometheus",
            "qdrant"
        ]
    );

    let mut published = BTreeSet::new();
    for (name, service) in services {
        let image = service["image"].as_str().unwrap();
        let (_, tag) = image.split_once(':').expect("a version");
        assert!(!tag.is_empty() && tag != "latest", "{name}: {image}");
        for mount in list(&service["volumes"]) {
            if mount["type"] == "bind" && mount["target"] != "/etc/otelcol/tls" {
                let source = Path::new(mount["source"].as_str().unwrap());
                assert!(source.exists(), "{name} mounts {}", source.display());
                assert_eq!(mount["read_only"], true, "{name}: {mount}");
            }
        }
        for port in list(&service["ports"]) {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}: {port}");
            let port = port["published"].as_str().unwrap().to_owned();
            assert!(published.insert(port), "{name}: {service}");
        }
        if name != "preflight" {
            assert_eq!(service["restart"], "unless-stopped", "{name}");
            assert!(service["mem_limit"].is_string(), "{name}");
            let waits = &service["depends_on"]["preflight"]["condition"];
            assert_eq!(waits, "service_completed_successfully", "{name}");
        }
    }
    let known = [
        "3000", "3100", "4317", "4318", "5432", "6333", "9090", "9093", "13133", "16686",
    ];
    assert_eq!(published, known.map(str::to_owned).into());
}

#[test]
fn every_variable_is_in_the_example_and_the_versions_are_those_tested() {
    let compose = fs::read_to_string(deploy().join("compose.yaml")).unwrap();
    let example = fs::read_to_string(deploy().join(EXAMPLE)).unwrap();
    let named: BTreeSet<_> = compose
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split([':', '}']).next())
        .collect();
    let given: BTreeSet<_> = variables(&example).map(|(name, _)| name).collect();
    assert!(named.len() > 20, "{named:?}");
    assert_eq!(
        named.difference(&given).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
    let unused: Vec<_> = given.difference(&named).copied().collect();
    assert_eq!(unused, ["COMPOSE_PROFILES"], "said for nobody");

    // What follows `:-` there is the same.
    for (name, value) in variables(&example) {
        if let Some((_, rest)) = compose.split_once(&format!("${{{name}:-")) {
            assert_eq!(rest.split('}').next(), Some(value), "the default of {name}");
        }
    }
    let tested = include_str!("../versions");
    let version = |text, wanted| {
        let mut all = variables(text);
        all.find_map(|(name, value)| (name == wanted).then_some(value))
            .unwrap_or_else(|| panic!("no {wanted}"))
    };
    for (shipped, built) in [
        ("COLLECTOR_VERSION", "OTELCOL"),
        ("PROMETHEUS_VERSION", "PROMETHEUS"),
        ("LOKI_VERSION", "LOKI"),
    ] {
        assert_eq!(version(&example, shipped), version(tested, built));
    }
    for manifest in fs::read_dir(deploy().join("kubernetes")).unwrap() {
        let text = fs::read_to_string(manifest.unwrap().path()).unwrap();
        let image = text.split_once("image: ").unwrap().1;
        let image = image.lines().next().unwrap();
        let tag = image.split_once(':').unwrap().1.trim_start_matches('v');
        let mut versions = variables(&example).map(|(_, value)| value.trim_start_matches('v'));
        assert!(versions.any(|version| version == tag), "{image}");
    }
}

#[test]
fn weak_passwords_stay_on_this_machine() {
    let strong = "correct-horse-battery";
    let run = |bind: &str, password: &str| {
        let names = [
            "GRAFANA_ADMIN_PASSWORD",
            "POSTGRES_PASSWORD",
            "POSTGRES_READER_PASSWORD",
            "QDRANT_API_KEY",
        ];
        Command::new("sh")
            .arg(deploy().join("preflight.sh"))
            .env("BIND_ADDRESS", bind)
            .envs(names.map(|name| (name, strong)))
            .env("POSTGRES_PASSWORD", password)
            .output()
            .unwrap()
    };
    for local in ["127.0.0.1", "::1", "localhost"] {
        assert!(run(local, "change-me").status.success(), "{local}");
    }
    for open in ["0.0.0.0", "10.0.0.7", "::"] {
        assert!(run(open, strong).status.success(), "{open}");
        for weak in ["change-me", "change-me-too", "admin", "short", ""] {
            let refused = run(open, weak);
            let why = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success(), "{open} {weak}: {why}");
            assert!(
                why.contains("POSTGRES_PASSWORD") && why.contains(open),
                "{why}"
            );
            assert!(!why.contains(strong), "{why}");
        }
    }
}

#[test]
fn rules_are_right() {
    let Some(binaries) = Binaries::find("stack::files::rules_are_right") else {
        return;
    };
    let rules = files("prometheus/rules", "yaml");
    let tests = files("prometheus/tests", "yaml");
    said(
        Command::new(&binaries.promtool)
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .args(&rules)
            .output(),
    );
    let tested = said(
        Command::new(&binaries.promtool)
            .args(["test", "rules"])
            .args(&tests)
            .output(),
    );
    assert_eq!(tested.matches("SUCCESS").count(), tests.len(), "{tested}");

    // Each alert is seen to fire and seen not to.
    let tests: String = tests
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for file in rules {
        for line in fs::read_to_string(file).unwrap().lines() {
            let Some((_, alert)) = line.split_once("- alert: ") else {
                continue;
            };
            let checks: Vec<_> = tests
                .split(&format!("alertname: {alert}"))
                .skip(1)
                .collect();
            let silent = |check: &&&str| {
                check
                    .trim_start_matches([',', ' '])
                    .starts_with("exp_alerts: []")
            };
            assert!(
                checks.iter().any(|check| silent(&check)),
                "{alert} is never silent"
            );
            assert!(
                !checks.iter().all(|check| silent(&check)),
                "{alert} never fires"
            );
        }
    }
}

#[test]
fn dashboards_are_what_their_sources_say_and_whole() {
    said(
        Command::new("python3")
            .arg(deploy().join("grafana/build.py"))
            .arg("--check")
            .output(),
    );
    let boards = files("grafana/dashboards", "json");
    assert!(boards.len() >= 5, "{boards:?}");
    let mut uids = BTreeSet::new();
    for file in boards {
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert!(uids.insert(board["uid"].to_string()), "{}", file.display());
        assert!(board["description"].as_str().unwrap().len() > 20);
        let variables: BTreeSet<_> = list(&board["templating"]["list"])
            .map(|variable| variable["name"].as_str().unwrap())
            .collect();
        for panel in list(&board["panels"]) {
            if panel["type"] == "row" {
                continue;
            }
            let title = panel["title"].as_str().unwrap();
            let says = panel["description"].as_str().unwrap();
            assert!(says.len() > 20, "{title}: {says}");
            let of = panel["datasource"]["uid"].as_str().unwrap();
            let name = of.trim_start_matches("${").trim_end_matches('}');
            assert!(
                of.starts_with("${") && variables.contains(name),
                "{title}: {of}"
            );
            assert!(
                panel["fieldConfig"]["defaults"]["unit"].is_string(),
                "{title}"
            );
        }
    }
}

/// The pairs of a file of `NAME=VALUE` lines.
fn variables(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
}

/// The files of a folder of `deploy/`, by name.
pub(super) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(deploy().join(folder)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|is| is == extension))
        .collect();
    files.sort();
    files
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a command that succeeds prints on either stream.
fn said(output: std::io::Result<Output>) -> String {
    let output = output.expect("it starts");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{}: {text}", output.status);
    text
}
