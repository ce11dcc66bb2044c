//! The OpenTelemetry Collector: what it received is in a file, exact to the byte.

use std::fs;

use serde_json::Value;

use super::http::get;
use super::{Binaries, Jaeger, Loki, Prometheus, ports, server::Server};

pub(crate) struct Collector {
    server: Server,
    ports: CollectorPorts,
}

/// Where the Collector sends things on to. What it received is in [`Collector::received`] too.
#[derive(Clone, Copy, Default)]
pub(crate) struct Destinations<'a> {
    pub(crate) traces: Option<&'a Jaeger>,
    pub(crate) metrics: Option<&'a Prometheus>,
    pub(crate) logs: Option<&'a Loki>,
    /// Traces are only counted, not written to the file.
    pub(crate) many_traces: bool,
}

/// Chosen before it is started, so that a program can be told of a Collector that is not there yet.
#[derive(Clone, Copy)]
pub(crate) struct CollectorPorts {
    pub(crate) grpc: u16,
    pub(crate) http: u16,
    own_metrics: u16,
    health: u16,
}

impl CollectorPorts {
    pub(crate) fn choose() -> Self {
        let [grpc, http, own_metrics, health] = [(); 4].map(|()| ports::free());
        Self {
            grpc,
            http,
            own_metrics,
            health,
        }
    }

    pub(crate) fn traces_endpoint(self) -> String {
        format!("http://127.0.0.1:{}/v1/traces", self.http)
    }

    pub(crate) fn metrics_endpoint(self) -> String {
        format!("http://127.0.0.1:{}/v1/metrics", self.http)
    }

    pub(crate) fn logs_endpoint(self) -> String {
        format!("http://127.0.0.1:{}/v1/logs", self.http)
    }

    pub(crate) fn grpc_endpoint(self) -> String {
        format!("http://127.0.0.1:{}", self.grpc)
    }
}

impl Collector {
    pub(crate) fn start(binaries: &Binaries, to: Destinations<'_>) -> Self {
        Self::start_at(CollectorPorts::choose(), binaries, to)
    }

    pub(crate) fn start_at(
        ports: CollectorPorts,
        binaries: &Binaries,
        to: Destinations<'_>,
    ) -> Self {
        // Exporters that no pipeline names are not started: their ports mean nothing.
        let (jaeger, prometheus) = (
            to.traces.map_or(1, |jaeger| jaeger.grpc_port),
            to.metrics.map_or(1, |it| it.port),
        );
        let traces = [
            to.traces.map(|_| "otlp_grpc/jaeger"),
            Some(if to.many_traces { "debug" } else { "file" }),
        ];
        let logs = [Some(to.logs.map_or("debug", |_| "otlp_http/loki"))];
        let loki = to
            .logs
            .map_or_else(|| "http://127.0.0.1:1".to_owned(), Loki::otlp_url);
        let metrics = [to.metrics.map(|_| "otlp_http/prometheus"), Some("file")];
        let server = Server::start(
            "otelcol",
            &binaries.otelcol,
            include_str!("../collector.yaml"),
            &[
                ("GRPC_PORT", ports.grpc.to_string()),
                ("HTTP_PORT", ports.http.to_string()),
                ("OWN_METRICS_PORT", ports.own_metrics.to_string()),
                ("HEALTH_PORT", ports.health.to_string()),
                ("JAEGER_GRPC_PORT", jaeger.to_string()),
                ("PROMETHEUS_PORT", prometheus.to_string()),
                ("FILE", RECEIVED.to_owned()),
                ("TRACES_TO", list(&traces)),
                ("METRICS_TO", list(&metrics)),
                ("LOKI_URL", loki),
                ("LOGS_TO", list(&logs)),
            ],
            |_, config| vec!["--config".to_owned(), config.display().to_string()],
            &format!("http://127.0.0.1:{}/", ports.health),
        );
        Self { server, ports }
    }

    pub(crate) fn ports(&self) -> CollectorPorts {
        self.ports
    }

    /// Every request so far, as OTLP/JSON, in the order they came.
    pub(crate) fn received(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.server.file(RECEIVED)).unwrap_or_default();
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).expect("the Collector writes JSON lines"))
            .collect()
    }

    /// The sum of one of the Collector's own metrics, such as `otelcol_receiver_accepted_spans`.
    pub(crate) fn own_metric(&self, name: &str) -> Result<f64, String> {
        let text = get(
            &format!("http://127.0.0.1:{}/metrics", self.ports.own_metrics),
            &[],
        )?;
        let series = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| {
                let rest = rest.strip_prefix("_total").unwrap_or(rest);
                rest.starts_with('{') || rest.starts_with(' ')
            })
        });
        series
            .map(|line| {
                line.rsplit(' ')
                    .next()
                    .unwrap_or_default()
                    .parse::<f64>()
                    .map_err(|error| error.to_string())
            })
            .sum()
    }
}

const RECEIVED: &str = "received.jsonl";

fn list(names: &[Option<&str>]) -> String {
    format!(
        "[{}]",
        names
            .iter()
            .flatten()
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    )
}
