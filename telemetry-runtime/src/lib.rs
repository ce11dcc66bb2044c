//! One attribute on a function, and every call of it becomes a span of a distributed
//! trace and a point in call, error and duration metrics, sent where a YAML file says.

#![cfg_attr(
    not(all(
        feature = "trace",
        feature = "metrics",
        feature = "yaml",
        feature = "otlp-http",
        feature = "console",
        feature = "file",
        feature = "prometheus",
        feature = "zipkin",
        feature = "tls",
        feature = "sdk",
        feature = "otlp-grpc",
        feature = "opentelemetry-otlp",
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "what only the missing parts call; all features together are checked"
    )
)]

mod error;
mod health;
mod ids;
mod params;
mod report;
mod setting;
mod statistics;
mod value;

#[cfg(feature = "_calls")]
mod call;
#[cfg(feature = "_calls")]
mod collector;
#[cfg(feature = "_calls")]
mod config;
#[cfg(not(feature = "_calls"))]
mod disabled;
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
#[cfg(feature = "_export")]
mod trace;

#[cfg(feature = "_calls")]
pub use call::{Current, InCurrent, ToolCall, current, track_tool_call};
#[cfg(not(feature = "_calls"))]
pub use disabled::{
    Builder, Current, InCurrent, Reload, Telemetry, ToolCall, current, health, init, statistics,
    track_tool_call,
};
pub use error::Error;
pub use health::{DestinationHealth, Health, LastError, Pulled};
pub use ids::{SpanId, TraceId};
pub use params::CallParams;
#[cfg(feature = "_calls")]
pub use pipeline::{Builder, Reload, Telemetry, health, init, statistics};
pub use report::{Report, SignalReport};
pub use setting::Setting;
pub use statistics::ToolStatistics;
pub use telemetry_macros::tool;
pub use value::Value;

/// What `#[tool]` writes calls to. Not public: any release may change it.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
