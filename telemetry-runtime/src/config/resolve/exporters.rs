//! Which exporters run, and whether this build has them.

use super::{Resolver, otlp_client};
use crate::config::fault::Fault;
use crate::config::features;
use crate::config::layers::{Layer, Scope, Setting};
use crate::config::settings::{
    Logs, LogsExporter, Metrics, MetricsExporter, OtlpClient, Protocol, Traces, TracesExporter,
};

/// The exporters of one signal.
pub(super) struct Plan<E> {
    pub(super) exporters: Vec<E>,
    pub(super) otlp: bool,
    pub(super) zipkin: bool,
    /// OTLP goes to Jaeger, whose old ports have to be understood.
    pub(super) jaeger: bool,
}

impl Resolver<'_> {
    pub(super) fn traces_plan(&mut self, active: bool) -> Plan<TracesExporter> {
        let names = self.exporter_names("traces_exporter", Scope::OtlpTraces, active);
        let mut exporters = Vec::new();
        for name in &names {
            let exporter = match *name {
                "otlp" | "jaeger" => TracesExporter::Otlp,
                "console" => TracesExporter::Console,
                "file" => TracesExporter::File,
                "zipkin" => TracesExporter::Zipkin,
                _ => continue,
            };
            if !exporters.contains(&exporter) {
                exporters.push(exporter);
            }
        }
        let has = |exporter| exporters.contains(&exporter);
        Plan {
            otlp: has(TracesExporter::Otlp),
            zipkin: has(TracesExporter::Zipkin),
            jaeger: names.contains(&"jaeger"),
            exporters,
        }
    }

    pub(super) fn metrics_plan(&mut self, active: bool) -> Plan<MetricsExporter> {
        let names = self.exporter_names("metrics_exporter", Scope::OtlpMetrics, active);
        let exporters = names.iter().filter_map(|name| match *name {
            "otlp" => Some(MetricsExporter::Otlp),
            "console" => Some(MetricsExporter::Console),
            "file" => Some(MetricsExporter::File),
            "prometheus" => Some(MetricsExporter::Prometheus),
            _ => None,
        });
        let exporters: Vec<_> = exporters.collect();
        let otlp = exporters.contains(&MetricsExporter::Otlp);
        if active && !otlp && exporters.contains(&MetricsExporter::Prometheus) {
            self.prometheus_is_not_pushed_to();
        }
        Plan {
            exporters,
            otlp,
            zipkin: false,
            jaeger: false,
        }
    }

    pub(super) fn logs_plan(&mut self, active: bool) -> Plan<LogsExporter> {
        let names = self.exporter_names("logs_exporter", Scope::OtlpLogs, active);
        let exporters = names.iter().filter_map(|name| match *name {
            "loki" => Some(LogsExporter::Loki),
            "otlp" => Some(LogsExporter::Otlp),
            "console" => Some(LogsExporter::Console),
            "file" => Some(LogsExporter::File),
            _ => None,
        });
        let exporters: Vec<_> = exporters.filter(|_| features::has("logs")).collect();
        Plan {
            otlp: exporters.contains(&LogsExporter::Otlp),
            zipkin: false,
            jaeger: false,
            exporters,
        }
    }

    /// A filter that says nothing that can be done. In `RUST_LOG`, which other programs read too, it
    /// is passed over with a notice.
    pub(super) fn log_filter(&mut self) {
        let Some(setting) = self.layers.top("log_filter") else {
            return;
        };
        let Some(why) = self
            .layers
            .text("log_filter")
            .and_then(features::filter_fault)
        else {
            return;
        };
        let text = format!(
            "{why}, allowed: directives such as info,hyper=warn,my_app::db=debug,my_app[query{{user=17}}]=trace"
        );
        if setting.layer == Layer::OpenTelemetry {
            let notice = format!("{}: {text}; log_level holds", setting.place);
            self.notices.push(notice);
        } else {
            self.faults
                .push(Fault::new(&setting.place, "log_filter", text));
        }
    }

    /// The names that `key` has in the end; faults for those this build cannot do.
    fn exporter_names(&mut self, key: &str, scope: Scope, active: bool) -> Vec<&'static str> {
        let Some(setting) = self.layers.top(key) else {
            return Vec::new();
        };
        let names = self.layers.names(key).to_vec();
        if names.len() > 1 && names.contains(&"none") {
            self.faults.push(Fault::new(
                &setting.place,
                key,
                "found none beside others, allowed: none alone",
            ));
        }
        for name in names.iter().filter(|_| active) {
            match *name {
                "none" => {}
                "otlp" | "jaeger" => self.otlp_is_here(setting, scope),
                feature if features::has(feature) => {}
                feature => self.faults.push(Fault::new(
                    &setting.place,
                    key,
                    features::missing(&format!("the exporter {name}"), feature),
                )),
            }
        }
        names
    }

    /// OTLP needs a feature by its protocol and client.
    fn otlp_is_here(&mut self, exporter: &Setting, scope: Scope) {
        let protocol = self.protocol(scope);
        let key = protocol_key(scope);
        let blame = match self.layers.top_for(key, None, scope) {
            Some(setting) if setting.layer > Layer::Default => setting,
            _ => exporter,
        };
        if scope != Scope::OtlpLogs && otlp_client(self.layers) == OtlpClient::OpenTelemetryOtlp {
            if protocol != Protocol::HttpProtobuf {
                self.faults.push(Fault::new(&blame.place, key, "found a protocol that opentelemetry-otlp (otlp_client) is not built with here, allowed: http"));
            }
            return;
        }
        let (what, feature) = match protocol {
            Protocol::Grpc => ("OTLP over grpc", "otlp-grpc"),
            _ => ("OTLP over http", "otlp-http"),
        };
        if !features::has(feature) {
            let mut text = features::missing(what, feature);
            if exporter.layer <= Layer::Situation {
                text.push_str("; it is what holds where no exporter is said");
            }
            self.faults
                .push(Fault::new(&blame.place, blame.key.name, text));
        }
    }

    /// Python files name the server there, which collects by itself.
    fn prometheus_is_not_pushed_to(&mut self) {
        let endpoint = self
            .layers
            .said()
            .filter(|setting| setting.key.name == "metrics_endpoint" && setting.scope == Scope::All)
            .last();
        if let Some(setting) = endpoint {
            let listen = self.layers.text("prometheus_listen").unwrap_or_default();
            self.notices.push(format!(
                "{}: metrics_endpoint is ignored: the exporter prometheus sends nothing, Prometheus scrapes http://{listen}/metrics",
                setting.place
            ));
        }
    }

    /// Two writers in one file would spoil it.
    pub(super) fn same_file(&mut self, traces: &Traces, metrics: &Metrics, logs: &Logs) {
        let writers = [
            (
                "traces_file",
                &traces.file,
                traces.enabled && traces.exporters.contains(&TracesExporter::File),
            ),
            (
                "metrics_file",
                &metrics.file,
                metrics.enabled && metrics.exporters.contains(&MetricsExporter::File),
            ),
            (
                "logs_file",
                &logs.file,
                logs.exporters.contains(&LogsExporter::File),
            ),
        ];
        let writers: Vec<_> = writers.into_iter().filter(|(.., writes)| *writes).collect();
        for (index, (key, file, _)) in writers.iter().enumerate() {
            let earlier = writers[..index].iter().find(|(_, other, _)| other == file);
            if let (Some((other, ..)), Some(setting)) = (earlier, self.layers.top(key)) {
                self.faults.push(Fault::new(
                    &setting.place,
                    key,
                    format!("found the same file as {other}, allowed: one of its own"),
                ));
            }
        }
    }
}

/// The key that says by which protocol OTLP goes.
pub(super) fn protocol_key(scope: Scope) -> &'static str {
    match scope {
        Scope::OtlpMetrics => "metrics_protocol",
        Scope::OtlpLogs => "logs_protocol",
        _ => "traces_protocol",
    }
}
