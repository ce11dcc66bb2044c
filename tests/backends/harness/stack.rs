//! The servers of `deploy/` together: Collector, Prometheus, Loki and Jaeger as shipped.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::process::Process;
use super::shipped::{Places, copy, shipped, write};
use super::{Binaries, Jaeger, Loki, Prometheus, server::Server};

pub(crate) struct Stack {
    pub(crate) at: Places,
    pub(crate) collector: Server,
    pub(crate) prometheus: Prometheus,
    pub(crate) loki: Loki,
    pub(crate) jaeger: Jaeger,
}

impl Stack {
    pub(crate) fn start(binaries: &Binaries) -> Self {
        let at = Places::choose();
        Self {
            loki: loki(binaries, &at),
            prometheus: prometheus(binaries, &at),
            jaeger: jaeger(binaries, &at),
            collector: collector(Process::folder("otelcol"), binaries, &at, &[]),
            at,
        }
    }

    /// The keys of a program that sends everything to the Collector.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let otlp = |path: &str| format!("http://127.0.0.1:{}{path}", self.at.otlp_http);
        [
            ("traces_endpoint", otlp("/v1/traces")),
            ("metrics_endpoint", otlp("/v1/metrics")),
            ("logs_exporter", "otlp".to_owned()),
            ("logs_endpoint", otlp("/v1/logs")),
            ("metrics_export_interval_ms", "1000".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
    }
}

/// The Collector, in a folder that may have keys for it, with further files of
/// `deploy/collector` as options.
pub(crate) fn collector(
    folder: TempDir,
    binaries: &Binaries,
    at: &Places,
    options: &[&str],
) -> Server {
    write(&folder, "collector/config.yaml", at);
    let mut command = Command::new(&binaries.otelcol);
    command.arg("--config=config.yaml");
    for option in options {
        let text = shipped(&format!("collector/{option}"), at);
        fs::write(folder.path().join(option), text).expect("the option is written");
        command.arg(format!("--config={option}"));
    }
    let ready = format!("http://127.0.0.1:{}/", at.collector_health);
    Server::start_in("otelcol", folder, command, &ready)
}

fn loki(binaries: &Binaries, at: &Places) -> Loki {
    let folder = Process::folder("loki");
    write(&folder, "loki/config.yaml", at);
    copy("loki/rules", &folder.path().join("rules"));
    let mut command = Command::new(&binaries.loki);
    command.args(["-config.file=config.yaml", "-config.expand-env=true"]);
    let ready = format!("http://127.0.0.1:{}/ready", at.loki);
    let server = Server::start_in("loki", folder, command, &ready);
    Loki::at(server, number(&at.loki))
}

fn prometheus(binaries: &Binaries, at: &Places) -> Prometheus {
    let folder = Process::folder("prometheus");
    write(&folder, "prometheus/prometheus.yaml", at);
    copy("prometheus/rules", &folder.path().join("rules"));
    let mut command = Command::new(&binaries.prometheus);
    command.args([
        "--config.file=config.yaml",
        "--storage.tsdb.path=data",
        "--web.enable-otlp-receiver",
        "--enable-feature=exemplar-storage",
        &format!("--web.listen-address=127.0.0.1:{}", at.prometheus),
    ]);
    let ready = format!("http://127.0.0.1:{}/-/ready", at.prometheus);
    let server = Server::start_in("prometheus", folder, command, &ready);
    Prometheus::at(server, number(&at.prometheus))
}

fn jaeger(binaries: &Binaries, at: &Places) -> Jaeger {
    let folder = Process::folder("jaeger");
    write(&folder, "jaeger/config.yaml", at);
    let mut command = Command::new(&binaries.jaeger);
    command.arg("--config=config.yaml");
    let ready = format!("http://127.0.0.1:{}/status", at.jaeger_health);
    let server = Server::start_in("jaeger", folder, command, &ready);
    let ports = [&at.jaeger_query, &at.jaeger_grpc, &at.jaeger_http].map(|port| number(port));
    Jaeger::at(server, ports)
}

fn number(port: &str) -> u16 {
    port.parse().expect("a port")
}
