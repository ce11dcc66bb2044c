//! Loading as a whole: every source, one over the other.

mod lean;

// With the features that a file of the Python tracker asks for.
#[cfg(all(
    feature = "drift",
    feature = "yaml",
    feature = "tls",
    feature = "sdk",
    feature = "otlp-http",
    feature = "console",
    feature = "file",
    feature = "prometheus",
    feature = "zipkin",
    feature = "loki"
))]
mod fuzz;
#[cfg(all(
    feature = "drift",
    feature = "yaml",
    feature = "tls",
    feature = "sdk",
    feature = "otlp-http",
    feature = "console",
    feature = "file",
    feature = "prometheus",
    feature = "zipkin",
    feature = "loki"
))]
mod layering;
#[cfg(all(
    feature = "drift",
    feature = "yaml",
    feature = "tls",
    feature = "sdk",
    feature = "otlp-http",
    feature = "console",
    feature = "file",
    feature = "prometheus",
    feature = "zipkin",
    feature = "loki"
))]
mod python;
#[cfg(all(
    feature = "drift",
    feature = "yaml",
    feature = "tls",
    feature = "sdk",
    feature = "otlp-http",
    feature = "console",
    feature = "file",
    feature = "prometheus",
    feature = "zipkin",
    feature = "loki"
))]
mod store;
#[cfg(all(
    feature = "drift",
    feature = "yaml",
    feature = "tls",
    feature = "sdk",
    feature = "otlp-http",
    feature = "console",
    feature = "file",
    feature = "prometheus",
    feature = "zipkin",
    feature = "loki"
))]
mod wrong;

use tempfile::TempDir;

use super::*;

/// A working directory of its own, and all the sources to load from.
struct Try {
    directory: TempDir,
    sources: Sources,
}

impl Try {
    /// Without a file.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sources = Sources {
            directory: directory.path().to_owned(),
            ..Sources::default()
        };
        Self { directory, sources }
    }

    fn with_file(text: impl AsRef<[u8]>) -> Self {
        Self::new().and_file("telemetry.yaml", text)
    }

    /// The lines stand under `telemetry:`, indented by two.
    fn with_keys(lines: &str) -> Self {
        let indented: String = lines.lines().map(|line| format!("  {line}\n")).collect();
        Self::with_file(format!("telemetry:\n{indented}"))
    }

    fn and_file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn environment<const N: usize>(mut self, pairs: [(&str, &str); N]) -> Self {
        self.sources.environment = pairs.into();
        self
    }

    fn set(mut self, key: &str, value: impl Into<Override>) -> Self {
        self.sources.overrides.push((key.to_owned(), value.into()));
        self
    }

    fn load(&self) -> Result<Loaded, Error> {
        load(&self.sources)
    }

    #[track_caller]
    fn loaded(&self) -> Loaded {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The faults, one a line.
    #[track_caller]
    fn faults(&self) -> String {
        match self.load() {
            Ok(loaded) => panic!("no fault:\n{}", loaded.effective),
            Err(error) => {
                assert!(error.is_config());
                error.to_string()
            }
        }
    }
}
