//! The servers' programs: where `tests/backends/build` put them.

use std::env;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Programs that are there and can be started.
pub(crate) struct Binaries {
    pub(crate) prometheus: PathBuf,
    pub(crate) promtool: PathBuf,
    pub(crate) otelcol: PathBuf,
    pub(crate) jaeger: PathBuf,
    pub(crate) loki: PathBuf,
    /// Loads a compose file as docker compose does.
    pub(crate) compose_config: PathBuf,
}

impl Binaries {
    /// `None`, after one line on standard error, where they are not built. Where `CI` is
    /// set they are built, and a failure to do so is the test's.
    pub(crate) fn find(test: &str) -> Option<&'static Self> {
        static FOUND: OnceLock<Result<Binaries, String>> = OnceLock::new();
        match FOUND.get_or_init(find) {
            Ok(binaries) => Some(binaries),
            Err(missing) => {
                // Not `eprintln!`, which the test runner keeps to itself.
                let line =
                    format!("skipped: {test}: {missing} is not built; run tests/backends/build\n");
                stderr().write_all(line.as_bytes()).expect("standard error");
                None
            }
        }
    }
}

fn find() -> Result<Binaries, String> {
    if env::var_os("CI").is_some() {
        build();
    }
    Ok(Binaries {
        prometheus: program("PROMETHEUS", "prometheus", "prometheus")?,
        promtool: program("PROMETHEUS", "prometheus", "promtool")?,
        otelcol: program("OTELCOL", "otelcol", "otelcol")?,
        jaeger: program("JAEGER", "jaeger", "jaeger")?,
        loki: program("LOKI", "loki", "loki")?,
        compose_config: program("COMPOSE", "compose", "compose-config")?,
    })
}

fn build() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("backends/build");
    let status = Command::new(&script)
        .status()
        .expect("tests/backends/build starts");
    assert!(status.success(), "tests/backends/build: {status}");
}

fn program(variable: &str, server: &str, program: &str) -> Result<PathBuf, String> {
    let path = cache()
        .join(format!("{server}-{}", version(variable)))
        .join(program);
    if path.is_file() {
        Ok(path)
    } else {
        Err(path.display().to_string())
    }
}

fn cache() -> PathBuf {
    env::var_os("TELEMETRY_BACKENDS_CACHE")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let home = env::var_os("HOME").expect("HOME or TELEMETRY_BACKENDS_CACHE is set");
            Path::new(&home).join(".cache/telemetry-backends")
        })
}

fn version(variable: &str) -> &'static str {
    include_str!("../versions")
        .lines()
        .find_map(|line| line.strip_prefix(variable)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("tests/backends/versions has no {variable}"))
}
