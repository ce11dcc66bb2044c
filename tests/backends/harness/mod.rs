//! Starting the real servers, asking them, and running instrumented programs beside them.

pub(crate) mod bad;
mod binaries;
mod collector;
mod http;
mod jaeger;
mod loki;
mod otlp;
mod patience;
mod ports;
mod postgres;
pub(crate) mod process;
mod program;
mod prometheus;
mod server;
pub(crate) mod shipped;
pub(crate) mod stack;

use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use binaries::Binaries;
pub(crate) use collector::{Collector, CollectorPorts, Destinations};
pub(crate) use http::{get, get_json, post_json};
pub(crate) use jaeger::Jaeger;
pub(crate) use loki::{Line, Loki, LokiOptions};
pub(crate) use otlp::{Span, comparable, last_sum, list, spans};
pub(crate) use patience::eventually;
pub(crate) use ports::free as free_port;
pub(crate) use postgres::{PASSWORD, Postgres};
pub(crate) use program::Program;
pub(crate) use prometheus::{Prometheus, Sample};
pub(crate) use server::Server;
pub(crate) use stack::Stack;

/// Seconds since 1970, as Prometheus takes a time.
pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs_f64()
}
