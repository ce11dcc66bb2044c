//! The configurations of `deploy/`: what a test puts in place of their ports and paths, and
//! that this is all it changes. A server runs in a folder of its own: its paths are relative.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::ports;

/// The ports of one stack. Texts, so that the list of differences can name them.
pub(crate) struct Places {
    pub(crate) otlp_grpc: String,
    pub(crate) otlp_http: String,
    pub(crate) collector_health: String,
    pub(crate) collector_metrics: String,
    pub(crate) prometheus: String,
    pub(crate) alertmanager: String,
    pub(crate) loki: String,
    pub(crate) loki_grpc: String,
    pub(crate) jaeger_grpc: String,
    pub(crate) jaeger_http: String,
    pub(crate) jaeger_health: String,
    pub(crate) jaeger_query: String,
    pub(crate) jaeger_query_grpc: String,
    pub(crate) jaeger_metrics: String,
}

impl Places {
    pub(crate) fn choose() -> Self {
        let port = || ports::free().to_string();
        Self {
            otlp_grpc: port(),
            otlp_http: port(),
            collector_health: port(),
            collector_metrics: port(),
            prometheus: port(),
            alertmanager: port(),
            loki: port(),
            loki_grpc: port(),
            jaeger_grpc: port(),
            jaeger_http: port(),
            jaeger_health: port(),
            jaeger_query: port(),
            jaeger_query_grpc: port(),
            jaeger_metrics: port(),
        }
    }

    /// As the list of differences names them.
    fn named() -> Self {
        let name = |name: &str| format!("<{name}>");
        Self {
            otlp_grpc: name("otlp grpc"),
            otlp_http: name("otlp http"),
            collector_health: name("collector health"),
            collector_metrics: name("collector metrics"),
            prometheus: name("prometheus"),
            alertmanager: name("alertmanager"),
            loki: name("loki"),
            loki_grpc: name("loki grpc"),
            jaeger_grpc: name("jaeger grpc"),
            jaeger_http: name("jaeger http"),
            jaeger_health: name("jaeger health"),
            jaeger_query: name("jaeger query"),
            jaeger_query_grpc: name("jaeger query grpc"),
            jaeger_metrics: name("jaeger metrics"),
        }
    }
}

/// A file of `deploy/` as this stack starts it.
pub(crate) fn shipped(file: &str, at: &Places) -> String {
    let mut text = fs::read_to_string(deploy().join(file)).expect("the file is shipped");
    for (from, to) in replaced(file, at) {
        assert!(text.contains(from), "deploy/{file} has no {from:?}");
        text = text.replace(from, &to);
    }
    text
}

/// The same, written as `config.yaml` into the folder that a server will run in.
pub(crate) fn write(folder: &TempDir, file: &str, at: &Places) {
    let config = folder.path().join("config.yaml");
    fs::write(config, shipped(file, at)).expect("the configuration is written");
}

pub(crate) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

/// Everything that differs: what stands in the file, and what the test needs there.
fn replaced(file: &str, at: &Places) -> Vec<(&'static str, String)> {
    let loopback = |port: &String| format!("127.0.0.1:{port}");
    match file {
        "collector/config.yaml" => vec![
            ("0.0.0.0:4317", loopback(&at.otlp_grpc)),
            ("0.0.0.0:4318", loopback(&at.otlp_http)),
            ("0.0.0.0:13133", loopback(&at.collector_health)),
            (
                "host: 0.0.0.0, port: 8888",
                format!("host: 127.0.0.1, port: {}", at.collector_metrics),
            ),
            ("jaeger:4317", loopback(&at.jaeger_grpc)),
            ("prometheus:9090", loopback(&at.prometheus)),
            ("loki:3100", loopback(&at.loki)),
            ("/var/lib/otelcol", "./data".to_owned()),
        ],
        "collector/mutual-tls.yaml" => {
            vec![("/etc/otelcol/tls", "./tls".to_owned())]
        }
        "prometheus/prometheus.yaml" => vec![
            ("/etc/prometheus/rules", "rules".to_owned()),
            ("alertmanager:9093", loopback(&at.alertmanager)),
            ("localhost:9090", loopback(&at.prometheus)),
            ("otel-collector:8888", loopback(&at.collector_metrics)),
            ("loki:3100", loopback(&at.loki)),
            ("jaeger:8888", loopback(&at.jaeger_metrics)),
        ],
        "loki/config.yaml" => vec![
            ("0.0.0.0", "127.0.0.1".to_owned()),
            ("3100", at.loki.clone()),
            ("9095", at.loki_grpc.clone()),
            ("/etc/loki/rules", "./rules".to_owned()),
            (" /loki", " ./data".to_owned()),
            ("alertmanager:9093", loopback(&at.alertmanager)),
        ],
        "jaeger/config.yaml" => vec![
            ("0.0.0.0:4317", loopback(&at.jaeger_grpc)),
            ("0.0.0.0:4318", loopback(&at.jaeger_http)),
            ("0.0.0.0:13133", loopback(&at.jaeger_health)),
            ("0.0.0.0:16686", loopback(&at.jaeger_query)),
            ("0.0.0.0:16685", loopback(&at.jaeger_query_grpc)),
            (
                "host: 0.0.0.0, port: 8888",
                format!("host: 127.0.0.1, port: {}", at.jaeger_metrics),
            ),
            ("/var/lib/jaeger", "./data".to_owned()),
        ],
        _ => Vec::new(),
    }
}

/// Copies a folder of `deploy/`, such as rules, to where a server runs.
pub(crate) fn copy(folder: &str, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(deploy().join(folder)).expect("the folder is shipped") {
        let entry = entry.expect("it can be read");
        let name = entry.file_name();
        if entry.path().is_dir() {
            let inner = Path::new(folder).join(&name);
            copy(inner.to_str().expect("a plain name"), &to.join(&name));
        } else {
            fs::copy(entry.path(), to.join(&name)).expect("the file is copied");
        }
    }
}

const FILES: [&str; 6] = [
    "collector/config.yaml",
    "collector/tail-sampling.yaml",
    "collector/mutual-tls.yaml",
    "prometheus/prometheus.yaml",
    "loki/config.yaml",
    "jaeger/config.yaml",
];

/// `UPDATE_DOCS=1` writes the list anew.
#[test]
fn what_is_started_differs_in_ports_and_paths() {
    let mut differences = String::new();
    for file in FILES {
        let as_shipped = fs::read_to_string(deploy().join(file)).expect("the file is shipped");
        let started = shipped(file, &Places::named());
        assert_eq!(as_shipped.lines().count(), started.lines().count());
        for (from, to) in as_shipped.lines().zip(started.lines()) {
            if from != to {
                let (from, to) = (from.trim(), to.trim());
                writeln!(differences, "{file}\n  - {from}\n  + {to}").expect("a string");
            }
        }
    }
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("backends/differences.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&list, &differences).expect("the list is written");
    }
    let listed = fs::read_to_string(&list).unwrap_or_default();
    assert_eq!(
        listed,
        differences,
        "UPDATE_DOCS=1 writes {}",
        list.display()
    );
}
