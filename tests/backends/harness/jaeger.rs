//! Jaeger with its traces in memory.

use serde_json::Value;

use super::http::get_json;
use super::{Binaries, ports, server::Server};

pub(crate) struct Jaeger {
    pub(crate) server: Server,
    query_port: u16,
    pub(crate) grpc_port: u16,
    http_port: u16,
}

impl Jaeger {
    pub(crate) fn start(binaries: &Binaries) -> Self {
        let [health, query_port, query_grpc, grpc_port, http_port] =
            [(); 5].map(|()| ports::free());
        let server = Server::start(
            "jaeger",
            &binaries.jaeger,
            include_str!("../jaeger.yaml"),
            &[
                ("HEALTH_PORT", health.to_string()),
                ("QUERY_PORT", query_port.to_string()),
                ("QUERY_GRPC_PORT", query_grpc.to_string()),
                ("GRPC_PORT", grpc_port.to_string()),
                ("HTTP_PORT", http_port.to_string()),
            ],
            |_, config| vec!["--config".to_owned(), config.display().to_string()],
            &format!("http://127.0.0.1:{health}/status"),
        );
        Self::at(server, [query_port, grpc_port, http_port])
    }

    /// One that was started otherwise: its ports for queries, OTLP/gRPC and OTLP/HTTP.
    pub(crate) fn at(server: Server, [query_port, grpc_port, http_port]: [u16; 3]) -> Self {
        Self {
            server,
            query_port,
            grpc_port,
            http_port,
        }
    }

    /// The traces of a service in the last hour, at most 20,000.
    pub(crate) fn traces(&self, service: &str) -> Result<Vec<Value>, String> {
        let url = format!("http://127.0.0.1:{}/api/traces", self.query_port);
        let query = [("service", service), ("limit", "20000"), ("lookback", "1h")];
        let mut answer = get_json(&url, &query)?;
        match answer["data"].take() {
            Value::Array(traces) => Ok(traces),
            _ => Err(answer.to_string()),
        }
    }

    /// Where OTLP/HTTP spans go.
    pub(crate) fn traces_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/v1/traces", self.http_port)
    }

    /// One trace, as the user interface gets it; an error while it is not there.
    pub(crate) fn trace(&self, trace_id: &str) -> Result<Value, String> {
        let url = format!("http://127.0.0.1:{}/api/traces/{trace_id}", self.query_port);
        let mut answer = get_json(&url, &[])?;
        match answer["data"][0].take() {
            Value::Null => Err(answer.to_string()),
            trace => Ok(trace),
        }
    }
}
