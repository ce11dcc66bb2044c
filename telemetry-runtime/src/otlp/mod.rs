//! The wire: OTLP written from records, and the ways it goes.

#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod answer;
mod attribute;
#[cfg(feature = "_proto")]
mod decode;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod endpoint;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod fields;
#[cfg(feature = "otlp-grpc")]
pub(crate) mod grpc;
#[cfg(feature = "_http")]
pub(crate) mod http;
#[cfg(feature = "_proto")]
pub(crate) mod json;
#[cfg(feature = "logs")]
pub(crate) mod logs;
#[cfg(feature = "loki")]
pub(crate) mod loki;
pub(crate) mod metrics;
#[cfg(any(feature = "trace", feature = "logs"))]
mod open;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod refusal;
mod resource;
#[cfg(feature = "trace")]
pub(crate) mod span;
#[cfg(all(
    feature = "tls",
    any(feature = "_http", feature = "otlp-grpc", feature = "postgres")
))]
pub(crate) mod tls;
mod wire;

#[cfg(test)]
#[cfg(all(feature = "trace", any(feature = "otlp-http", feature = "otlp-grpc")))]
pub(crate) mod testing;

#[cfg(feature = "opentelemetry-otlp")]
pub(crate) use answer::{accepted, accepted_json};
#[cfg(feature = "_proto")]
pub(crate) use decode::decode_logs;
#[cfg(feature = "_proto")]
pub(crate) use decode::{decode_metrics, decode_traces};
pub(crate) use resource::Resource;
