//! One attribute on a function, and every call of it becomes a span of a distributed
//! trace and a point in call, error and duration metrics, sent where a YAML file says.

mod error;
mod value;

mod call;
#[cfg(feature = "_calls")]
#[expect(dead_code, unused_imports, reason = "`init` and the builder, which load it, follow")]
mod config;
#[cfg(feature = "_export")]
mod export;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "_calls")]
mod names;

pub use error::Error;
pub use telemetry_macros::tool;
pub use value::Value;

/// What `#[tool]` writes calls to. Not public: any release may change it.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
