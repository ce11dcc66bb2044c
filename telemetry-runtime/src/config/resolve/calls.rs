//! What a call does.

use super::{count, milliseconds};
use crate::config::layers::{Layers, Typed};
use crate::config::settings::{Calls, Keep, LogCalls, LogLevel, ParamsCapture};

pub(super) fn calls(layers: &Layers) -> Calls {
    let keep = layers.names("traces_keep");
    let mut thresholds: std::collections::BTreeMap<String, f64> = layers
        .entries("thresholds")
        .into_iter()
        .filter_map(|setting| match (&setting.entry, &setting.value) {
            (Some(tool), Typed::Number(limit)) => Some((tool.clone(), *limit)),
            _ => None,
        })
        .collect();
    let rules = layers
        .entries("tools")
        .into_iter()
        .filter_map(|setting| match &setting.value {
            Typed::Rule(rule) => Some(rule.clone()),
            _ => None,
        });
    Calls {
        sample_rate: layers.number("traces_sample_rate"),
        keep: Keep {
            error: keep.contains(&"error"),
            slow: keep.contains(&"slow"),
            drifting: keep.contains(&"drifting"),
        },
        otel_context: layers.flag("otel_context") && crate::config::features::has("trace"),
        params_capture: ParamsCapture::of(layers.choice("params_capture")),
        params_max_length: count(layers, "params_max_length"),
        params_redact: texts(layers, "params_redact")
            .iter()
            .map(|text| text.to_lowercase())
            .collect(),
        default_threshold: thresholds.remove("default"),
        thresholds,
        tools: rules.collect(),
        log_calls: LogCalls::of(layers.choice("log_calls")),
        log_calls_per_second: u32::try_from(layers.integer("log_calls_per_second"))
            .unwrap_or(u32::MAX),
        log_filter: layers.text("log_filter").map(str::to_owned),
        trace_events: layers.flag("trace_events"),
        log_level: LogLevel::of(layers.choice("log_level")),
        running_after: milliseconds(layers, "running_after_ms"),
        max_tools: count(layers, "max_tools"),
        queue_max_bytes: count(layers, "calls_queue_max_bytes"),
    }
}

pub(super) fn numbers(layers: &Layers, name: &str) -> Vec<f64> {
    match layers.value(name) {
        Some(Typed::Numbers(numbers)) => numbers.clone(),
        _ => Vec::new(),
    }
}

fn texts<'a>(layers: &'a Layers, name: &str) -> &'a [String] {
    match layers.value(name) {
        Some(Typed::Texts(texts)) => texts,
        _ => &[],
    }
}
