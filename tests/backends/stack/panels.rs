//! Every panel of every dashboard, every rule and every link between the servers shows something
//! after a little of an agent's work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::files::{files, list};
use super::started;
use crate::harness::{Binaries, Stack, eventually, get_json};

/// What a panel asks, and why its answer is empty here. All else must show something.
const EMPTY: &[(&str, &str)] = &[
    (
        "tool:duration_distance:1w",
        "needs a week: deploy/prometheus/tests/fleet-drift.yaml has one",
    ),
    (
        "tool:duration_median_change:1w",
        "needs a week: deploy/prometheus/tests/fleet-drift.yaml has one",
    ),
    (
        "telemetry_metric_points_dropped_total",
        "nothing was dropped: the series is there from the first drop on",
    ),
    (
        "telemetry_log_records_dropped_total",
        "nothing was dropped: the series is there from the first drop on",
    ),
];

/// Names of the Collector's that are there from the first failure on.
const AFTER_A_FAILURE: [&str; 2] = [
    "otelcol_exporter_enqueue_failed_",
    "otelcol_exporter_send_failed_",
];

#[test]
fn every_panel_shows_something() {
    let Some(binaries) = Binaries::find("stack::panels::every_panel_shows_something") else {
        return;
    };
    let stack = Stack::start(binaries);
    let mut agent = started(&stack, "agent");
    agent.ask("pace 20 60000");
    // That is drift, however long calls happen to take.
    agent.ask("fail 300");

    let mut asked = BTreeMap::new();
    for file in files("grafana/dashboards", "json") {
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for panel in list(&board["panels"]) {
            for target in list(&panel["targets"]) {
                let name = format!("{}: {}", board["title"], panel["title"]);
                if let Some(question) = question(target) {
                    asked.entry(question).or_insert(name);
                }
            }
        }
        for mark in list(&board["annotations"]["list"]) {
            let question = filled_in(mark["expr"].as_str().unwrap());
            asked
                .entry(Question::Promql(question))
                .or_insert("marks".to_owned());
        }
    }
    assert!(asked.len() > 60, "{}", asked.len());
    let mut unused: BTreeSet<_> = EMPTY.iter().map(|(part, _)| *part).collect();
    for (question, panel) in &asked {
        if let Some((part, _)) = EMPTY
            .iter()
            .find(|(part, _)| question.text().contains(part))
        {
            unused.remove(part);
            assert_eq!(
                question.ask(&stack),
                Ok(0),
                "{panel} need not be an exception"
            );
            continue;
        }
        eventually(
            &format!("{panel} shows something for {}", question.text()),
            || match question.ask(&stack)? {
                0 => Err("nothing".to_owned()),
                _ => Ok(()),
            },
        );
    }
    assert!(unused.is_empty(), "no panel asks for {unused:?}");
    rules_are_healthy(&stack);
    every_name_exists(&stack);
    agent.finish();
}

/// What a panel asks of which server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Promql(String),
    Logql(String),
    /// Of Jaeger: traces of the service with this operation.
    Operation(String),
}

impl Question {
    fn text(&self) -> &str {
        match self {
            Self::Promql(text) | Self::Logql(text) | Self::Operation(text) => text,
        }
    }

    /// How much it finds.
    fn ask(&self, stack: &Stack) -> Result<usize, String> {
        match self {
            Self::Promql(text) => Ok(stack.prometheus.query(text)?.len()),
            Self::Logql(text) => Ok(stack.loki.lines(text)?.len()),
            Self::Operation(name) => {
                let traces = stack.jaeger.traces("agent")?;
                let spans = traces.iter().flat_map(|trace| list(&trace["spans"]));
                Ok(spans.filter(|span| span["operationName"] == **name).count())
            }
        }
    }
}

/// With the variables as somebody who looks would have them. `None`: not one of these servers'.
fn question(target: &Value) -> Option<Question> {
    let kind = target["datasource"]["type"].as_str().unwrap();
    match kind {
        "prometheus" => Some(Question::Promql(filled_in(target["expr"].as_str()?))),
        "loki" => Some(Question::Logql(filled_in(target["expr"].as_str()?))),
        "jaeger" => {
            assert_eq!(target["service"], "${service:raw}");
            Some(Question::Operation(filled_in(
                target["operation"].as_str()?,
            )))
        }
        "grafana-postgresql-datasource" => None,
        other => panic!("{other}: {target}"),
    }
}

fn filled_in(text: &str) -> String {
    let filled = [
        ("$service", "agent"),
        ("$environment", "test"),
        ("$tool", "llm_generate"),
        ("$__rate_interval", "1m"),
        ("$__range", "1h"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    });
    assert!(!filled.contains('$'), "{filled}");
    filled
}

/// Prometheus and Loki have loaded all shipped rules, and none fails.
fn rules_are_healthy(stack: &Stack) {
    let url = format!("http://127.0.0.1:{}/api/v1/rules", stack.at.prometheus);
    let groups = eventually("every rule was evaluated", || {
        let answer = get_json(&url, &[])?;
        let groups = &answer["data"]["groups"];
        let mut rules = list(groups).flat_map(|group| list(&group["rules"]));
        match rules.find(|rule| rule["health"] != "ok") {
            None => Ok(groups.clone()),
            Some(rule) => Err(rule.to_string()),
        }
    });
    let loaded: BTreeSet<_> = list(&groups)
        .map(|group| group["file"].to_string())
        .collect();
    assert_eq!(
        loaded.len(),
        files("prometheus/rules", "yaml").len(),
        "{loaded:?}"
    );

    let url = format!("http://127.0.0.1:{}/prometheus/api/v1/rules", stack.at.loki);
    eventually("Loki's rules were evaluated", || {
        let answer = get_json(&url, &[])?;
        let rules: Vec<_> = list(&answer["data"]["groups"])
            .flat_map(|group| list(&group["rules"]))
            .collect();
        match rules.iter().find(|rule| rule["health"] != "ok") {
            None if rules.len() == 2 => Ok(()),
            _ => Err(answer.to_string()),
        }
    });
}

/// A metric that a dashboard or a rule names is one that Prometheus has, or a rule makes.
fn every_name_exists(stack: &Stack) {
    let url = format!(
        "http://127.0.0.1:{}/api/v1/label/__name__/values",
        stack.at.prometheus
    );
    let answer = get_json(&url, &[]).unwrap();
    let rules: String = files("prometheus/rules", "yaml")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let mut known: BTreeSet<_> = list(&answer["data"]).filter_map(Value::as_str).collect();
    let made = rules
        .lines()
        .filter_map(|line| line.split_once("- record: "));
    known.extend(made.map(|(_, name)| name));
    let sources = [
        files("grafana/dashboards", "json"),
        files("prometheus/rules", "yaml"),
    ];
    for file in sources.into_iter().flatten() {
        let text = fs::read_to_string(&file).unwrap();
        for name in names(&text) {
            let there = known.contains(name)
                || EMPTY.iter().any(|(part, _)| *part == name)
                || AFTER_A_FAILURE.iter().any(|start| name.starts_with(start));
            assert!(there, "{} names {name}", file.display());
        }
    }
}

/// The words of a text that are names of metrics.
fn names(text: &str) -> BTreeSet<&str> {
    let word = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    let ours = [
        "tool_",
        "tool:",
        "telemetry_",
        "otelcol_",
        "loki_",
        "prometheus_tsdb",
    ];
    let not_metrics = ["tool_name", "telemetry_baselines", "telemetry_events"];
    text.split(|character| !word(character))
        .filter(|name| ours.iter().any(|prefix| name.starts_with(prefix)))
        .filter(|name| !not_metrics.contains(name) && !name.ends_with(':') && !name.contains("::"))
        .collect()
}
