//! Starting the real servers, asking them, and running instrumented programs beside them.

mod binaries;
mod collector;
mod http;
mod jaeger;
mod otlp;
mod patience;
mod ports;
mod prometheus;
mod server;

pub(crate) use binaries::Binaries;
pub(crate) use collector::{Collector, Destinations};
pub(crate) use http::{get, post_json};
pub(crate) use jaeger::Jaeger;
pub(crate) use otlp::{Span, spans};
pub(crate) use patience::eventually;
pub(crate) use prometheus::{Prometheus, Sample};
