//! `otlp_client: opentelemetry-otlp`: the official exporters, over our HTTP client.
//!
//! Spans, tools' and the SDK's own, go through the official `SpanExporter` as `SpanData`; what
//! the SDK measures goes through the official `MetricExporter`. Tools' metrics stay with the
//! built-in writer, over the same kind of client: the SDK's types for metrics cannot be made
//! outside of it.
//!
//! The connection, its headers, TLS, compression and deadline are ours in both cases, so the
//! `OTEL_EXPORTER_OTLP_*` variables that the official exporters read by themselves change
//! nothing that the configuration has decided.

mod client;

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_otlp::{
    MetricExporter, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use self::client::{Client, Talk};
use super::metrics::{all_points, temporality};
use super::user_exporter::{Feed, decode};
use crate::Error;
use crate::config::{Backend, Protocol};
use crate::export::{Accepted, Batch, Exporter, Refused, Signal};

/// What `otlp_client` and a protocol other than `http` cannot have together.
const ONLY_PROTOBUF: &str = "otlp_client: opentelemetry-otlp sends protobuf over HTTP; \
    found a protocol of http-json or grpc: leave it at `http`, or set otlp_client: builtin";

/// Sends spans to `backend`, each batch once: the queue tries again.
pub(crate) fn traces(backend: &Backend) -> Result<Box<dyn Exporter>, Error> {
    let (client, talk) = connect(backend)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(client.shown())
        .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
        .with_timeout(backend.timeout)
        .with_retry_policy(RetryPolicy::disabled())
        .with_http_client(client)
        .build()
        .map_err(|why| Error::start("opentelemetry-otlp", why))?;
    let feed = Feed::new(exporter);
    Ok(Box::new(Traces { feed, talk }))
}

/// Is told how each export of the SDK's metrics ended, and of how many points it was.
pub(crate) type Answered = Arc<dyn Fn(u64, Result<Accepted, Refused>) + Send + Sync>;

/// Sends what the SDK measures to `backend`. No queue of ours is behind it: the official
/// exporter's own retry, within the backend's timeout, is all there is.
pub(crate) fn metrics(
    backend: &Backend,
    delta: bool,
    answered: Answered,
) -> Result<OfficialMetrics, Error> {
    let (client, talk) = connect(backend)?;
    let exporter = MetricExporter::builder()
        .with_http()
        .with_endpoint(client.shown())
        .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
        .with_timeout(backend.timeout)
        .with_temporality(temporality(delta))
        .with_http_client(client)
        .build()
        .map_err(|why| Error::start("opentelemetry-otlp", why))?;
    Ok(OfficialMetrics {
        exporter,
        talk,
        answered,
    })
}

fn connect(backend: &Backend) -> Result<(Client, Arc<Talk>), Error> {
    if backend.protocol != Protocol::HttpProtobuf {
        return Err(Error::config(vec![ONLY_PROTOBUF.to_owned()]));
    }
    Client::new(backend)
}

struct Traces {
    feed: Feed<SpanExporter>,
    talk: Arc<Talk>,
}

impl Exporter for Traces {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        if batch.signal != Signal::Traces {
            return Ok(Accepted::default());
        }
        let request = decode(&batch.body)?;
        self.talk.begin(deadline);
        let result = self.feed.export(request);
        self.talk.outcome(result)
    }
}

/// The official `MetricExporter`, which says no more than that something failed; this one
/// knows the backend's answer.
pub(crate) struct OfficialMetrics {
    exporter: MetricExporter,
    talk: Arc<Talk>,
    answered: Answered,
}

impl PushMetricExporter for OfficialMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        let said = match &result {
            Ok(()) => Ok(()),
            Err(why) => Err(why.to_string()),
        };
        (self.answered)(all_points(metrics), self.talk.outcome(said));
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
