//! From merged settings to the typed configuration, and what only shows when all is merged:
//! missing cargo features, certificates that are not there, endpoints that do not fit.

mod backend;
mod calls;
mod drift;
mod exporters;
mod loki;
mod needs;
mod resource;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::fault::Fault;
use super::features;
use super::layers::{Layers, Scope};
use super::settings::{
    Config, ConsoleFormat, Files, Logs, LogsExporter, LogsFormat, Metrics, OtlpClient, Overflow,
    Queue, Spill, Traces,
};

/// The configuration. It is of use only where `faults` stays empty.
pub(crate) fn config(
    layers: &Layers,
    directory: &Path,
    has_file: bool,
    faults: &mut Vec<Fault>,
    notices: &mut Vec<String>,
) -> Config {
    let mut resolver = Resolver {
        layers,
        directory,
        enabled: layers.flag("enabled"),
        faults,
        notices,
    };
    resolver.needs();
    resolver.certificates();
    if layers.flag("watch") && !has_file {
        resolver
            .notices
            .push("watch has no effect: there is no file".to_owned());
    }
    let traces = resolver.traces();
    let metrics = resolver.metrics();
    let store = resolver.store(has_file);
    let (service_name, resource) = resource::resource(layers);
    let logs = resolver.logs(&resource);
    resolver.same_file(&traces, &metrics, &logs);
    Config {
        enabled: layers.flag("enabled"),
        service_name,
        service_version: layers.text("service_version").map(str::to_owned),
        environment: layers.text("environment").unwrap_or_default().to_owned(),
        resource,
        traces,
        metrics,
        logs,
        calls: calls::calls(layers),
        drift: drift::drift(layers),
        store,
        sdk_providers: layers.flag("sdk_providers") && features::has("sdk"),
        otlp_client: otlp_client(layers),
        console_format: if layers.choice("console_format") == "json" {
            ConsoleFormat::Json
        } else {
            ConsoleFormat::Text
        },
        files: Files {
            max_bytes: layers.integer("file_max_bytes"),
            max_files: u32::try_from(layers.integer("file_max_files")).unwrap_or(u32::MAX),
        },
        shutdown_timeout: milliseconds(layers, "shutdown_timeout_ms"),
        watch: layers.flag("watch") && has_file,
    }
}

/// The settings, and where faults and notices go.
struct Resolver<'a> {
    layers: &'a Layers,
    /// In place of the working directory.
    directory: &'a Path,
    /// Nothing is asked of the machine or the build by a configuration that is off.
    enabled: bool,
    faults: &'a mut Vec<Fault>,
    notices: &'a mut Vec<String>,
}

impl Resolver<'_> {
    fn traces(&mut self) -> Traces {
        let layers = self.layers;
        let enabled = layers.flag("traces_enabled") && features::has("trace");
        let active = self.enabled && enabled;
        let plan = self.traces_plan(active);
        Traces {
            enabled,
            backend: self.otlp_backend("traces", Scope::OtlpTraces, &plan, active),
            zipkin: self.zipkin_backend(&plan, active),
            exporters: plan.exporters,
            file: self
                .directory
                .join(layers.text("traces_file").unwrap_or_default()),
            batch_max_spans: count(layers, "traces_batch_max_spans"),
            batch_delay: milliseconds(layers, "traces_batch_delay_ms"),
            queue: queue(layers, "traces_queue_max_bytes", "traces_overflow"),
            gen_ai: layers.choice("semantic_conventions") == "gen_ai",
        }
    }

    fn metrics(&mut self) -> Metrics {
        let layers = self.layers;
        let enabled = layers.flag("metrics_enabled") && features::has("metrics");
        let active = self.enabled && enabled;
        let plan = self.metrics_plan(active);
        Metrics {
            enabled,
            backend: self.otlp_backend("metrics", Scope::OtlpMetrics, &plan, active),
            exporters: plan.exporters,
            file: self
                .directory
                .join(layers.text("metrics_file").unwrap_or_default()),
            interval: milliseconds(layers, "metrics_export_interval_ms"),
            delta: layers.choice("metrics_temporality") == "delta",
            buckets: calls::numbers(layers, "metrics_duration_buckets"),
            prometheus_listen: layers
                .text("prometheus_listen")
                .unwrap_or_default()
                .to_owned(),
            queue: queue(layers, "metrics_queue_max_bytes", "metrics_overflow"),
        }
    }

    fn logs(&mut self, resource: &BTreeMap<String, String>) -> Logs {
        self.log_filter();
        let layers = self.layers;
        let active = self.enabled && features::has("logs");
        let plan = self.logs_plan(active);
        let loki = self.loki(
            resource,
            active && plan.exporters.contains(&LogsExporter::Loki),
        );
        Logs {
            backend: self.otlp_backend("logs", Scope::OtlpLogs, &plan, active),
            exporters: plan.exporters,
            file: self
                .directory
                .join(layers.text("logs_file").unwrap_or_default()),
            format: logs_format(layers),
            batch_delay: milliseconds(layers, "logs_batch_delay_ms"),
            queue: queue(layers, "logs_queue_max_bytes", "logs_overflow"),
            block_timeout: milliseconds(layers, "logs_block_timeout_ms"),
            capture: layers.flag("logs_capture"),
            spill: (layers.choice("logs_overflow") == "spill").then(|| Spill {
                file: self
                    .directory
                    .join(layers.text("logs_spill_file").unwrap_or_default()),
                max_bytes: layers.integer("logs_spill_max_bytes"),
            }),
            loki,
        }
    }
}

fn logs_format(layers: &Layers) -> LogsFormat {
    match layers.choice("logs_console_format") {
        "pretty" => LogsFormat::Pretty,
        "json" => LogsFormat::Json,
        "" if layers.choice("console_format") == "json" => LogsFormat::Json,
        _ => LogsFormat::Compact,
    }
}

fn otlp_client(layers: &Layers) -> OtlpClient {
    if layers.choice("otlp_client") == "opentelemetry-otlp" {
        OtlpClient::OpenTelemetryOtlp
    } else {
        OtlpClient::Builtin
    }
}

fn queue(layers: &Layers, max_bytes: &str, overflow: &str) -> Queue {
    let overflow = match layers.choice(overflow) {
        "drop_oldest" => Overflow::DropOldest,
        "spill" => Overflow::Spill,
        "block" => Overflow::Block,
        _ => Overflow::DropNewest,
    };
    Queue {
        max_bytes: count(layers, max_bytes),
        overflow,
    }
}

fn count(layers: &Layers, name: &str) -> usize {
    usize::try_from(layers.integer(name)).unwrap_or(usize::MAX)
}

fn milliseconds(layers: &Layers, name: &str) -> Duration {
    Duration::from_millis(layers.integer(name))
}
