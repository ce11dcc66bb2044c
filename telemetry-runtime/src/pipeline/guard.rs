//! The guard that users hold, and what they may ask from anywhere.

use std::sync::Arc;
use std::time::Duration;

use super::builder::Builder;
use super::running::{Running, running};
use crate::config::{documented_file, documented_variables};
use crate::error::Error;
use crate::health::Health;
use crate::report::Report;
use crate::statistics::ToolStatistics;

/// Starts telemetry as the file, the environment and the defaults say.
///
/// The file is the one named by `TELEMETRY_CONFIG`, else `telemetry.yaml`, else
/// `config/telemetry.yaml`. Without any, nothing is sent anywhere, calls are counted in
/// memory, and one line on standard error says how to get more.
///
/// # Errors
///
/// [`Error::is_config`] with every fault of the configuration at once, or
/// [`Error::is_already_initialized`]. A server that cannot be reached is none: it may come.
///
/// ```
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let _telemetry = telemetry_runtime::init()?;
/// // Tools called from here on are recorded; what is left is sent when the guard is dropped.
/// # Ok(())
/// # }
/// ```
pub fn init() -> Result<Telemetry, Error> {
    Telemetry::builder().init()
}

/// How telemetry itself is doing: queues, drops by cause, failures. Empty while telemetry
/// does not run.
///
/// ```
/// for destination in telemetry_runtime::health().destinations {
///     for (cause, items) in &destination.dropped {
///         eprintln!("{}: {items} {} dropped: {cause}", destination.name, destination.signal);
///     }
/// }
/// ```
#[must_use]
pub fn health() -> Health {
    running()
        .map(|running| running.health())
        .unwrap_or_default()
}

/// What each tool has done so far, in the order in which they were first called: all
/// calls that have ended before this one. Empty before `init` and after shutdown.
///
/// ```
/// # use telemetry_runtime::tool;
/// #[tool]
/// fn add(a: u32, b: u32) -> u32 {
///     a + b
/// }
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let _telemetry = telemetry_runtime::Telemetry::builder().no_file().init()?;
/// add(1, 2);
/// let statistics = telemetry_runtime::statistics();
/// assert_eq!(statistics[0].name, "add");
/// assert_eq!(statistics[0].calls, 1);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn statistics() -> Vec<ToolStatistics> {
    running()
        .map(|running| running.statistics())
        .unwrap_or_default()
}

/// Telemetry, running. Dropped, it sends what is left within `shutdown_timeout_ms`.
///
/// A program that returns from `main`, with an error too, or whose `main` panics, drops it and
/// so loses nothing. `std::process::exit`, `abort` and a signal that kills drop nothing: what
/// was not sent before is gone, which is at most the calls since the last batch
/// (`traces_batch_delay_ms`) and the counts since the last export
/// (`metrics_export_interval_ms`), and what waited for a server. Where a program ends like
/// that on purpose, let it [`flush`](Self::flush) or [`shutdown`](Self::shutdown) first.
#[must_use = "telemetry ends when this is dropped: bind it to a name in `main`, such as `_telemetry`"]
pub struct Telemetry {
    running: Arc<Running>,
    is_down: bool,
}

/// What a [`Telemetry::reload`] has changed, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reload {
    /// In effect now.
    pub applied: Vec<&'static str>,
    /// In effect when the process starts again.
    pub needs_restart: Vec<&'static str>,
}

impl Telemetry {
    /// Says more than a file and the environment do.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn new(running: Arc<Running>) -> Self {
        Self {
            running,
            is_down: false,
        }
    }

    /// Sends everything recorded so far and waits until it has arrived, for `timeout` at most.
    pub fn flush(&self, timeout: Duration) -> Report {
        self.running.flush(timeout)
    }

    /// Ends telemetry: sends everything, waits for `timeout` at most, and says what has
    /// become of it. Calls that are still running are not recorded any more.
    pub fn shutdown(mut self, timeout: Duration) -> Report {
        self.is_down = true;
        self.running.shutdown(timeout)
    }

    /// Reads the file and the environment again. Sampling, thresholds, rules for tools and
    /// the capture of parameters change at once, for calls that begin from now on.
    ///
    /// # Errors
    ///
    /// [`Error::is_config`]; everything stays as it was then.
    pub fn reload(&self) -> Result<Reload, Error> {
        let differences = self.running.reload()?;
        Ok(Reload {
            applied: differences.applied,
            needs_restart: differences.restart,
        })
    }

    /// Every key with its value and where that comes from, a line each; secrets are masked.
    #[must_use]
    pub fn effective_config(&self) -> String {
        self.running.effective()
    }

    /// A commented configuration file with every key and its default.
    #[must_use]
    pub fn documented_config() -> String {
        documented_file()
    }

    /// The environment variables of OpenTelemetry's specification that are honoured, with
    /// the key that each stands for, as a Markdown table.
    #[must_use]
    pub fn documented_variables() -> String {
        documented_variables()
    }

    /// The same as [`health`](crate::health).
    #[must_use]
    pub fn health(&self) -> Health {
        self.running.health()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if !self.is_down {
            let _report = self.running.shutdown(self.running.shutdown_timeout());
        }
    }
}
