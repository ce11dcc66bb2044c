//! From the configuration to what runs, and its end.

mod builder;
mod checked;
#[cfg(feature = "_export")]
mod exporters;
#[cfg_attr(not(feature = "_export"), path = "no_exports.rs")]
mod exports;
mod guard;
#[cfg(feature = "_export")]
#[cfg_attr(not(feature = "sdk"), path = "no_hooks.rs")]
mod hooks;
#[cfg(feature = "_export")]
#[cfg_attr(not(feature = "logs"), path = "no_logs.rs")]
mod logs;
#[cfg(feature = "opentelemetry-otlp")]
mod official;
mod points;
#[cfg(feature = "_export")]
#[cfg_attr(not(feature = "prometheus"), path = "no_pull.rs")]
mod pull;
#[cfg(feature = "_export")]
mod queues;
#[cfg(feature = "_export")]
mod reader;
#[cfg(feature = "_export")]
mod resource;
mod running;
#[cfg(feature = "_export")]
#[cfg_attr(not(feature = "sdk"), path = "no_sdk.rs")]
mod sdk;
#[cfg(feature = "_export")]
#[cfg_attr(not(feature = "trace"), path = "no_spans.rs")]
mod spans;
#[cfg(feature = "yaml")]
mod watch;

pub use builder::Builder;
pub use checked::Checked;
pub(crate) use running::running;

pub use guard::{Reload, Telemetry, health, init, statistics};
