//! Where the telemetry of this run goes.

use std::fs;
use std::path::{Path, PathBuf};

use telemetry_runtime::{Builder, Telemetry};

/// A destination, chosen at the start.
pub(crate) enum Output {
    /// As a configuration says, which this names.
    Configured(String),
    /// Nothing is configured: files of OTLP/JSON.
    Files { traces: PathBuf, metrics: PathBuf },
}

/// What to put into `telemetry.yaml` to have the same in a Collector, and log lines in Loki.
pub(crate) const COLLECTOR: &str = "\
telemetry:
  service_name: \"quickstart\"
  environment: \"development\"
  traces_exporter: \"otlp\"
  traces_endpoint: \"http://localhost:4318/v1/traces\"
  metrics_exporter: \"otlp\"
  metrics_endpoint: \"http://localhost:4318/v1/metrics\"
  logs_exporter: \"loki\"
  loki_url: \"http://localhost:3100/loki/api/v1/push\"
";

impl Output {
    /// A configuration if there is one, else files below `telemetry-out` in the working
    /// directory, or of the system's temporary directory where that cannot be written to.
    pub(crate) fn choose() -> Self {
        if let Some(name) = configuration() {
            return Self::Configured(name);
        }
        let folder = writable(PathBuf::from("telemetry-out")).unwrap_or_else(|| {
            std::env::temp_dir().join(format!("telemetry-out-{}", std::process::id()))
        });
        Self::Files {
            traces: emptied(folder.join("quickstart-traces.jsonl")),
            metrics: emptied(folder.join("quickstart-metrics.jsonl")),
        }
    }

    pub(crate) fn builder(&self) -> Builder {
        let builder = Telemetry::builder();
        match self {
            // The file and the environment say everything else.
            Self::Configured(_) => builder,
            Self::Files { traces, metrics } => builder
                .service_name("quickstart")
                .set("traces_exporter", "file")
                .set("traces_file", traces.to_string_lossy().into_owned())
                .set("metrics_exporter", "file")
                .set("metrics_file", metrics.to_string_lossy().into_owned())
                // One file is larger than the next: how long most tools take says what they were
                // given. The pairs that are compared stay the same.
                .set(
                    "tools",
                    [("*", [("drift", false)]), ("similarity", [("drift", true)])],
                )
                // A thing of microseconds is easily some other microseconds on a busy machine.
                .set("drift_threshold", 1.0),
        }
    }
}

/// What says where telemetry goes, by the rules of `telemetry_runtime::init`.
fn configuration() -> Option<String> {
    let names = |name: &str| {
        name == "TELEMETRY_CONFIG"
            || ["OTEL_", "TELEMETRY_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
                && ["_EXPORTER", "_ENDPOINT"]
                    .iter()
                    .any(|suffix| name.ends_with(suffix))
    };
    std::env::vars_os()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.into_string().ok())
        .find(|name| names(name))
        .or_else(|| {
            ["telemetry.yaml", "config/telemetry.yaml"]
                .into_iter()
                .find(|path| Path::new(path).exists())
                .map(str::to_owned)
        })
}

/// The folder, made if it is not there, if a file can be made in it.
fn writable(folder: PathBuf) -> Option<PathBuf> {
    let probe = folder.join(".probe");
    fs::create_dir_all(&folder).ok()?;
    fs::write(&probe, "").ok()?;
    fs::remove_file(&probe).ok()?;
    Some(folder)
}

/// Files are appended to: each run starts afresh.
fn emptied(path: PathBuf) -> PathBuf {
    // There may be none, and if it stays the spans are added to it, as the report says.
    let _ = fs::remove_file(&path);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_send_to_a_collector_does() {
        let file = std::env::temp_dir().join(format!("quickstart-{}.yaml", std::process::id()));
        fs::write(&file, COLLECTOR).unwrap();
        let telemetry = Telemetry::builder()
            .file(&file)
            .set("shutdown_timeout_ms", 0)
            .init();
        fs::remove_file(&file).unwrap();

        let config = telemetry.unwrap().effective_config();
        assert!(
            config.contains("http://localhost:4318/v1/traces"),
            "{config}"
        );
        assert!(
            config.contains("http://localhost:4318/v1/metrics"),
            "{config}"
        );
    }
}
