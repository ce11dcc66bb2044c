//! What code says of telemetry, over the file and the environment.

use std::path::PathBuf;

use super::checked::Checked;
use super::exports::Hooks;
use super::guard::Telemetry;
use super::running::Running;
use crate::config::{Environment, FileChoice, Override, Sources, check};
use crate::detection::Callbacks;
use crate::drift::Event;
use crate::error::Error;

/// Sets up telemetry from code. What it says wins over environment and file.
///
/// ```
/// use telemetry_runtime::Telemetry;
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let telemetry = Telemetry::builder()
///     .no_file()
///     .service_name("checkout")
///     .environment("staging")
///     .set("traces_sample_rate", 0.1)
///     .set("thresholds", [("charge_card", 800), ("default", 3000)])
///     .init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[must_use = "telemetry starts with `init`"]
#[derive(Default)]
pub struct Builder {
    file: FileChoice,
    overrides: Vec<(String, Override)>,
    hooks: Hooks,
    callbacks: Callbacks,
}

impl Builder {
    /// Sets a key of the configuration, whichever, to a truth value, a number, a text, a list
    /// or a map. README.md lists the keys; a wrong one is an error of [`init`](Self::init).
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Override>) -> Self {
        self.overrides.push((key.into(), value.into()));
        self
    }

    /// `service_name`
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.set("service_name", name.into())
    }

    /// `service_version`
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.set("service_version", version.into())
    }

    /// `environment`: `production`, `staging`, …
    pub fn environment(self, name: impl Into<String>) -> Self {
        self.set("environment", name.into())
    }

    /// Traces, metrics and logs go to the OTLP/HTTP server at `url`, such as
    /// `http://localhost:4318`.
    pub fn otlp(self, url: impl Into<String>) -> Self {
        let url = url.into();
        let url = url.trim_end_matches('/');
        let signals = ["traces", "metrics", "logs"].into_iter();
        signals
            .filter(|signal| *signal != "logs" || cfg!(feature = "logs"))
            .fold(self, |builder, signal| {
                builder
                    .set(format!("{signal}_exporter"), "otlp")
                    .set(format!("{signal}_endpoint"), format!("{url}/v1/{signal}"))
            })
    }

    /// Reads this file, which has to be there, in place of those that are looked for.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = FileChoice::Path(path.into());
        self
    }

    /// Reads no file, whatever lies about.
    pub fn no_file(mut self) -> Self {
        self.file = FileChoice::None;
        self
    }

    /// Calls `callback` for each drift event, on a thread of its own. A panic in it is caught and
    /// counted ([`DriftHealth::callback_panics`](crate::DriftHealth)). Without the feature `drift`
    /// there are none.
    pub fn on_drift(mut self, callback: impl FnMut(&Event) + Send + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Starts telemetry.
    ///
    /// # Errors
    ///
    /// As [`init`](crate::init).
    pub fn init(self) -> Result<Telemetry, Error> {
        Running::start(self.sources(), self.hooks, self.callbacks).map(Telemetry::new)
    }

    /// Checks what [`init`](Self::init) would be told, and starts nothing.
    ///
    /// # Errors
    ///
    /// [`Error::is_config`], with every fault at once. That this build is without a cargo feature
    /// that is asked for is none: the program that is meant may have it.
    ///
    /// ```
    /// # fn main() -> Result<(), telemetry_runtime::Error> {
    /// let checked = telemetry_runtime::Telemetry::builder()
    ///     .no_file()
    ///     .set("traces_sample_rate", 0.1)
    ///     .check()?;
    /// assert!(checked.effective().contains("traces_sample_rate: 0.1  (builder)"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(self) -> Result<Checked, Error> {
        check(&self.sources()).map(Checked::new)
    }

    fn sources(&self) -> Sources {
        Sources {
            file: self.file.clone(),
            environment: Environment::of_process(),
            overrides: self.overrides.clone(),
            own_exporters: self.hooks.any(),
            directory: PathBuf::new(),
        }
    }
}

#[cfg(feature = "sdk")]
impl Builder {
    /// Gives every sent span to `exporter` too, tools' and OpenTelemetry's own.
    pub fn span_exporter(
        mut self,
        exporter: impl opentelemetry_sdk::trace::SpanExporter + 'static,
    ) -> Self {
        self.hooks.span_exporter(exporter);
        self
    }

    /// Changes the SDK's tracer provider before it becomes the global one: processors,
    /// limits, id generator. Tools' spans do not pass through it.
    pub fn tracer_provider(
        mut self,
        change: impl FnOnce(
            opentelemetry_sdk::trace::TracerProviderBuilder,
        ) -> opentelemetry_sdk::trace::TracerProviderBuilder
        + Send
        + 'static,
    ) -> Self {
        self.hooks.tracer_provider(change);
        self
    }

    /// Changes the SDK's meter provider before it becomes the global one: readers and views.
    /// Readers see the tools' counters too, but not `tool.duration`.
    pub fn meter_provider(
        mut self,
        change: impl FnOnce(
            opentelemetry_sdk::metrics::MeterProviderBuilder,
        ) -> opentelemetry_sdk::metrics::MeterProviderBuilder
        + Send
        + 'static,
    ) -> Self {
        self.hooks.meter_provider(change);
        self
    }
}
