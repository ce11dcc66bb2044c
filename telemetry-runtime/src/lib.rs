//! One attribute on a function, and every call of it becomes a span of a distributed
//! trace and a point in call, error and duration metrics, sent where a YAML file says.

mod error;
mod value;

mod call;
#[cfg(feature = "_calls")]
mod config;
#[cfg(feature = "_export")]
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the pipeline calls it"))]
mod export;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "_calls")]
mod names;
#[cfg(feature = "_export")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline calls it"))]
mod notice;
#[cfg(feature = "_export")]
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the pipeline calls it"))]
mod otlp;
#[cfg(feature = "trace")]
pub mod propagation;
#[cfg(feature = "sdk")]
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the pipeline calls it"))]
mod sdk;

pub use error::Error;
pub use telemetry_macros::tool;
pub use value::Value;

/// What `#[tool]` writes calls to. Not public: any release may change it.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
