//! A server for OTLP over HTTP that reads what it is sent, as a Collector would.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, metric, number_data_point,
};
use prost::Message;
use serde::Serialize;
use telemetry_lab_harness::server::{self, Request};

/// The counter of calls, whoever sends it.
const CALLS: &str = "tool.calls";

/// Listens in this process, which does nothing else while others are measured.
pub(crate) struct Sink {
    url: String,
    seen: Arc<Mutex<State>>,
}

/// What has come.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    /// As they came, compressed or not.
    pub(crate) bytes: u64,
    pub(crate) spans: u64,
    pub(crate) log_records: u64,
    /// Attributes of all spans.
    pub(crate) attributes: u64,
    /// The sum of all series of [`CALLS`], as of the last request.
    pub(crate) calls_counted: u64,
    /// Requests that were no OTLP.
    pub(crate) unreadable: u64,
}

#[derive(Default)]
struct State {
    seen: Seen,
    /// By attributes as they are encoded.
    calls: BTreeMap<Vec<u8>, u64>,
}

impl Sink {
    pub(crate) fn start() -> io::Result<Self> {
        let seen = Arc::new(Mutex::new(State::default()));
        let theirs = Arc::clone(&seen);
        let url = server::listen(move |request| {
            theirs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(&request);
        })?;
        Ok(Self { url, seen })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What has come since the last time.
    pub(crate) fn take(&self) -> Seen {
        let state = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        Seen {
            calls_counted: state.calls.values().sum(),
            ..state.seen
        }
    }
}

impl State {
    fn take(&mut self, request: &Request) {
        self.seen.requests += 1;
        self.seen.bytes += request.body.len() as u64;
        let read = match unpacked(request) {
            Ok(body) => self.read(&request.path, &body),
            Err(_) => false,
        };
        self.seen.unreadable += u64::from(!read);
    }

    /// Whether it could be read.
    fn read(&mut self, path: &str, body: &[u8]) -> bool {
        match path {
            "/v1/traces" => ExportTraceServiceRequest::decode(body).is_ok_and(|request| {
                let scopes = request
                    .resource_spans
                    .into_iter()
                    .flat_map(|resource| resource.scope_spans);
                for span in scopes.flat_map(|scope| scope.spans) {
                    self.seen.spans += 1;
                    self.seen.attributes += span.attributes.len() as u64;
                }
                true
            }),
            "/v1/metrics" => ExportMetricsServiceRequest::decode(body).is_ok_and(|request| {
                let resources = request.resource_metrics.into_iter();
                let scopes = resources.flat_map(|resource| resource.scope_metrics);
                let metrics = scopes.flat_map(|scope| scope.metrics);
                metrics
                    .filter(|metric| metric.name == CALLS)
                    .for_each(|metric| self.count(metric));
                true
            }),
            "/v1/logs" => ExportLogsServiceRequest::decode(body).is_ok_and(|request| {
                let resources = request.resource_logs.iter();
                let scopes = resources.flat_map(|resource| &resource.scope_logs);
                let records: usize = scopes.map(|scope| scope.log_records.len()).sum();
                self.seen.log_records += records as u64;
                true
            }),
            _ => false,
        }
    }

    fn count(&mut self, metric: Metric) {
        let Some(metric::Data::Sum(sum)) = metric.data else {
            return;
        };
        let delta = sum.aggregation_temporality() == AggregationTemporality::Delta;
        for point in sum.data_points {
            let key = point
                .attributes
                .iter()
                .flat_map(Message::encode_to_vec)
                .collect();
            let value = match point.value {
                Some(number_data_point::Value::AsInt(value)) => u64::try_from(value).unwrap_or(0),
                Some(number_data_point::Value::AsDouble(value)) => value as u64,
                None => 0,
            };
            let calls = self.calls.entry(key).or_default();
            *calls = if delta { *calls + value } else { value };
        }
    }
}

fn unpacked(request: &Request) -> io::Result<Vec<u8>> {
    if !request.gzip {
        return Ok(request.body.clone());
    }
    let mut body = Vec::new();
    GzDecoder::new(&*request.body).read_to_end(&mut body)?;
    Ok(body)
}
