//! The stack of `deploy/`, as shipped but for ports and paths, with an instrumented program in
//! front of it.

mod arrives;
mod files;
mod panels;
mod restarts;
mod store_panels;
mod tls;

use crate::harness::{Program, Stack};

/// A program that sends everything to the stack's Collector.
fn started(stack: &Stack, subcommand: &'static str) -> Program {
    let settings = stack.settings();
    let mut settings: Vec<_> = settings
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    settings.push(("service_name", subcommand));
    settings.push(("drift_detection_enabled", "true"));
    settings.push(("thresholds", "{ default: 3000 }"));
    Program::start(subcommand, &settings)
}

/// Calls that a program says it made, by tool and outcome, over several answers.
fn calls(answers: &[&serde_json::Value], tool: &str, outcome: &str) -> f64 {
    let all = answers.iter().flat_map(|answer| files::list(answer));
    all.filter(|made| made["tool"] == tool && made["outcome"] == outcome)
        .filter_map(|made| made["calls"].as_f64())
        .sum()
}

/// All calls that a program says it made.
fn all_calls(answers: &[&serde_json::Value]) -> f64 {
    let all = answers.iter().flat_map(|answer| files::list(answer));
    all.filter_map(|made| made["calls"].as_f64()).sum()
}
