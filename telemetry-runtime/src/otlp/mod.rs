//! The wire: OTLP written from records, and the ways it goes.

#[cfg(any(
    feature = "otlp-http",
    feature = "otlp-grpc",
    feature = "opentelemetry-otlp"
))]
mod answer;
mod attribute;
#[cfg(any(
    feature = "otlp-http",
    feature = "file",
    feature = "console",
    feature = "zipkin"
))]
mod decode;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod endpoint;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod fields;
#[cfg(feature = "otlp-grpc")]
pub(crate) mod grpc;
#[cfg(feature = "_http")]
pub(crate) mod http;
#[cfg(any(feature = "otlp-http", feature = "file"))]
pub(crate) mod json;
pub(crate) mod metrics;
#[cfg(any(feature = "_http", feature = "otlp-grpc"))]
mod refusal;
mod resource;
#[cfg(feature = "trace")]
pub(crate) mod span;
#[cfg(all(feature = "tls", any(feature = "_http", feature = "otlp-grpc")))]
mod tls;
mod wire;

#[cfg(test)]
#[cfg(all(feature = "trace", any(feature = "otlp-http", feature = "otlp-grpc")))]
mod testing;

#[cfg(feature = "opentelemetry-otlp")]
pub(crate) use answer::{accepted, accepted_json};
#[cfg(all(feature = "console", feature = "metrics"))]
pub(crate) use decode::decode_metrics;
#[cfg(any(
    all(feature = "trace", any(feature = "console", feature = "zipkin")),
    all(test, feature = "file")
))]
pub(crate) use decode::decode_traces;
pub(crate) use resource::Resource;
