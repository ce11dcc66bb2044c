//! The guard and its builder: whatever they are told, nothing starts.

#![expect(missing_docs, reason = "documented where calls are recorded")]

use std::path::PathBuf;
use std::time::Duration;

use crate::drift::Event;
use crate::error::Error;
use crate::health::Health;
use crate::report::Report;
use crate::setting::Setting;
use crate::statistics::ToolStatistics;

/// # Errors
///
/// None.
pub fn init() -> Result<Telemetry, Error> {
    Telemetry::builder().init()
}

#[must_use]
pub fn health() -> Health {
    Health::default()
}

#[must_use]
pub fn statistics() -> Vec<ToolStatistics> {
    Vec::new()
}

#[must_use = "telemetry ends when this is dropped: bind it to a name in `main`, such as `_telemetry`"]
pub struct Telemetry(());

/// There is nothing to drop; but a program may say `drop(telemetry)`.
impl Drop for Telemetry {
    fn drop(&mut self) {}
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reload {
    pub applied: Vec<&'static str>,
    pub needs_restart: Vec<&'static str>,
}

impl Telemetry {
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub fn flush(&self, _timeout: Duration) -> Report {
        Report::nothing()
    }

    pub fn shutdown(self, _timeout: Duration) -> Report {
        Report::nothing()
    }

    /// # Errors
    ///
    /// None.
    pub fn reload(&self) -> Result<Reload, Error> {
        Ok(Reload::default())
    }

    #[must_use]
    pub fn effective_config(&self) -> String {
        String::new()
    }

    #[must_use]
    pub fn documented_config() -> String {
        String::new()
    }

    #[must_use]
    pub fn documented_variables() -> String {
        String::new()
    }

    #[must_use]
    pub fn health(&self) -> Health {
        health()
    }
}

#[must_use = "telemetry starts with `init`"]
#[derive(Default)]
pub struct Builder(());

impl Builder {
    pub fn set(self, _key: impl Into<String>, _value: impl Into<Setting>) -> Self {
        self
    }

    pub fn service_name(self, _name: impl Into<String>) -> Self {
        self
    }

    pub fn service_version(self, _version: impl Into<String>) -> Self {
        self
    }

    pub fn environment(self, _name: impl Into<String>) -> Self {
        self
    }

    pub fn otlp(self, _url: impl Into<String>) -> Self {
        self
    }

    pub fn file(self, _path: impl Into<PathBuf>) -> Self {
        self
    }

    pub fn no_file(self) -> Self {
        self
    }

    pub fn on_drift(self, _callback: impl FnMut(&Event) + Send + 'static) -> Self {
        self
    }

    /// # Errors
    ///
    /// None.
    pub fn init(self) -> Result<Telemetry, Error> {
        Ok(Telemetry(()))
    }
}
