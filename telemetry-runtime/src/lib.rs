//! One attribute on a function, and every call of it becomes a span of a distributed
//! trace and a point in call, error and duration metrics, sent where a YAML file says.

mod error;
mod ids;
mod params;
mod setting;
mod value;

#[cfg(feature = "_calls")]
mod call;
#[cfg(not(feature = "_calls"))]
#[path = "disabled.rs"]
mod call;

#[cfg(feature = "_calls")]
mod collector;
#[cfg(feature = "_calls")]
mod config;
#[cfg(feature = "_export")]
mod export;
#[cfg(feature = "_calls")]
mod metrics;
#[cfg(feature = "_calls")]
mod names;
#[cfg(feature = "_calls")]
mod notice;
#[cfg(feature = "_export")]
mod otlp;
#[cfg(feature = "_calls")]
mod pipeline;
#[cfg(feature = "trace")]
pub mod propagation;
#[cfg(feature = "sdk")]
mod sdk;
#[cfg(feature = "trace")]
mod trace;

pub use call::{Current, InCurrent, ToolCall, current, track_tool_call};
pub use error::Error;
pub use ids::{SpanId, TraceId};
pub use metrics::ToolStatistics;
pub use params::CallParams;
pub use pipeline::health::{DestinationHealth, Health, LastError, Pulled};
pub use pipeline::report::{Report, SignalReport};
pub use pipeline::{Builder, Reload, Telemetry, health, init, statistics};
pub use setting::Setting;
pub use telemetry_macros::tool;
pub use value::Value;

/// What `#[tool]` writes calls to. Not public: any release may change it.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
