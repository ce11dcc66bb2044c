//! From names in the configuration to exporters.

use super::queues::Queues;
use crate::config::{
    Backend, Config, LogsExporter, MetricsExporter, OtlpClient, Protocol, TracesExporter,
};
use crate::error::Error;
use crate::export::Exporter;

type Made = Result<Box<dyn Exporter>, Error>;

/// Starts what `traces_exporter` names.
pub(crate) fn start_traces(config: &Config, queues: &Queues) -> Result<(), Error> {
    let traces = &config.traces;
    for exporter in traces.exporters.iter().copied().filter(|_| traces.enabled) {
        let config = config.clone();
        queues.start(traces_name(exporter), traces.queue, move || {
            traces_exporter(exporter, &config)
        })?;
    }
    Ok(())
}

/// Starts what `metrics_exporter` names, but for the pull endpoint.
pub(crate) fn start_metrics(config: &Config, queues: &Queues) -> Result<(), Error> {
    let metrics = &config.metrics;
    let pushed =
        |exporter: &MetricsExporter| metrics.enabled && *exporter != MetricsExporter::Prometheus;
    for exporter in metrics.exporters.iter().copied().filter(pushed) {
        let config = config.clone();
        queues.start(metrics_name(exporter), metrics.queue, move || {
            metrics_exporter(exporter, &config)
        })?;
    }
    Ok(())
}

/// Starts what `logs_exporter` names.
pub(crate) fn start_logs(config: &Config, queues: &Queues) -> Result<(), Error> {
    let logs = &config.logs;
    for exporter in logs.exporters.iter().copied() {
        let config = config.clone();
        let make = move || logs_exporter(exporter, &config);
        let name = logs_name(exporter);
        // What the others write goes to this machine anyway.
        let remote = matches!(exporter, LogsExporter::Loki | LogsExporter::Otlp);
        match logs.spill.as_ref().filter(|_| remote) {
            Some(spill) => queues.start_with_spill(name, logs.queue, spill, make)?,
            None => queues.start(name, logs.queue, make)?,
        }
    }
    Ok(())
}

fn traces_name(exporter: TracesExporter) -> &'static str {
    match exporter {
        TracesExporter::Otlp => "otlp",
        TracesExporter::Console => "console",
        TracesExporter::File => "file",
        TracesExporter::Zipkin => "zipkin",
    }
}

fn metrics_name(exporter: MetricsExporter) -> &'static str {
    match exporter {
        MetricsExporter::Otlp => "otlp",
        MetricsExporter::Console => "console",
        MetricsExporter::File => "file",
        MetricsExporter::Prometheus => "prometheus",
    }
}

fn logs_name(exporter: LogsExporter) -> &'static str {
    match exporter {
        LogsExporter::Loki => "loki",
        LogsExporter::Otlp => "otlp",
        LogsExporter::Console => "console",
        LogsExporter::File => "file",
    }
}

fn traces_exporter(exporter: TracesExporter, config: &Config) -> Made {
    let traces = &config.traces;
    match exporter {
        TracesExporter::Otlp => otlp(config.otlp_client, &traces.backend),
        #[cfg(feature = "console")]
        TracesExporter::Console => Ok(Box::new(crate::trace::console::Console::new(
            config.console_format,
        ))),
        #[cfg(feature = "file")]
        TracesExporter::File => Ok(Box::new(crate::export::file::File::new(
            &traces.file,
            config.files,
        ))),
        #[cfg(feature = "zipkin")]
        TracesExporter::Zipkin => Ok(Box::new(crate::trace::zipkin::Zipkin::new(&traces.zipkin)?)),
        #[cfg(not(all(feature = "console", feature = "file", feature = "zipkin")))]
        exporter => Err(off(traces_name(exporter))),
    }
}

fn metrics_exporter(exporter: MetricsExporter, config: &Config) -> Made {
    let metrics = &config.metrics;
    match exporter {
        MetricsExporter::Otlp => otlp(OtlpClient::Builtin, &metrics.backend),
        #[cfg(feature = "console")]
        MetricsExporter::Console => Ok(Box::new(crate::metrics::console::Console::new(
            config.console_format,
        ))),
        #[cfg(feature = "file")]
        MetricsExporter::File => Ok(Box::new(crate::export::file::File::new(
            &metrics.file,
            config.files,
        ))),
        exporter => Err(off(metrics_name(exporter))),
    }
}

fn logs_exporter(exporter: LogsExporter, config: &Config) -> Made {
    let logs = &config.logs;
    match exporter {
        #[cfg(feature = "tracing-loki")]
        LogsExporter::Loki if logs.loki.client == crate::config::LokiClient::TracingLoki => Ok(
            Box::new(crate::logs::tracing_loki::TracingLoki::new(&logs.loki)?),
        ),
        #[cfg(feature = "loki")]
        LogsExporter::Loki => Ok(Box::new(crate::logs::loki::Loki::new(&logs.loki)?)),
        LogsExporter::Otlp => otlp(OtlpClient::Builtin, &logs.backend),
        #[cfg(all(feature = "console", feature = "logs"))]
        LogsExporter::Console => Ok(Box::new(crate::logs::console::Console::new(logs.format))),
        #[cfg(feature = "file")]
        LogsExporter::File => Ok(Box::new(crate::export::file::File::new(
            &logs.file,
            config.files,
        ))),
        #[cfg(not(all(feature = "console", feature = "file", feature = "loki")))]
        exporter => Err(off(logs_name(exporter))),
    }
}

fn otlp(client: OtlpClient, backend: &Backend) -> Made {
    #[cfg(feature = "opentelemetry-otlp")]
    if client == OtlpClient::OpenTelemetryOtlp {
        return crate::sdk::otlp_client::traces(backend);
    }
    match (client, backend.protocol) {
        #[cfg(feature = "otlp-grpc")]
        (_, Protocol::Grpc) => Ok(Box::new(crate::otlp::grpc::GrpcExporter::new(backend)?)),
        #[cfg(feature = "otlp-http")]
        (_, Protocol::HttpProtobuf | Protocol::HttpJson) => {
            Ok(Box::new(crate::otlp::http::HttpExporter::new(backend)?))
        }
        #[cfg(not(all(feature = "otlp-grpc", feature = "otlp-http")))]
        _ => Err(off("otlp")),
    }
}

/// The configuration refuses it before, and names the feature.
fn off(exporter: &'static str) -> Error {
    Error::start(exporter, "its cargo feature is off")
}
