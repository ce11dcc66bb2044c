//! OTLP over gRPC: the bytes of a batch as they are, on a tokio runtime of the exporter's own.

use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use tokio::runtime::Runtime;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::transport::{Channel, Endpoint as Transport};
use tonic::{Code, Request, Status};

use super::answer;
use super::endpoint::Endpoint;
use super::refusal;
use crate::config::Backend;
use crate::error::Error;
use crate::export::{Accepted, Batch, Exporter, Refused, Signal, mark_own};

mod codec;

/// Calls the `Export` of an OTLP receiver. Made and used on one thread, which may not be one of a
/// tokio runtime: a destination's thread never is.
pub(crate) struct GrpcExporter {
    runtime: Runtime,
    client: Grpc<Channel>,
    endpoint: Endpoint,
    metadata: MetadataMap,
    timeout: Duration,
}

impl GrpcExporter {
    /// Scheme and authority of the endpoint count; it is not connected to yet.
    pub(crate) fn new(backend: &Backend) -> Result<Self, Error> {
        let endpoint = Endpoint::new(backend)?;
        let fault = |why: String| Error::start("an exporter", format!("{}: {why}", endpoint.shown));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_start(mark_own)
            .build()
            .map_err(|error| fault(error.to_string()))?;
        let transport = Transport::from(endpoint.uri.clone())
            .user_agent(concat!("telemetry-runtime/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| fault(error.to_string()))?
            .connect_timeout(backend.timeout);
        let transport = secured(transport, backend, &endpoint)?;
        let channel = {
            let _inside = runtime.enter();
            transport.connect_lazy()
        };
        // Gzip is accepted in any case: servers answer as they are asked, and an answer that cannot
        // be read makes the same batch arrive twice.
        let mut client = Grpc::new(channel).accept_compressed(Gzip);
        if backend.gzip {
            client = client.send_compressed(Gzip);
        }
        let metadata = MetadataMap::from_headers(endpoint.headers.iter().cloned().collect());
        Ok(Self {
            runtime,
            client,
            metadata,
            timeout: backend.timeout,
            endpoint,
        })
    }

    fn request(&self, batch: &Batch, timeout: Duration) -> Request<bytes::Bytes> {
        // Bytes take what they are given, and the batch may be needed by others.
        let mut request = Request::new(bytes::Bytes::copy_from_slice(&batch.body));
        request.set_timeout(timeout);
        for entry in self.metadata.iter() {
            match entry {
                KeyAndValueRef::Ascii(key, value) => {
                    drop(request.metadata_mut().insert(key, value.clone()))
                }
                KeyAndValueRef::Binary(key, value) => {
                    drop(request.metadata_mut().insert_bin(key, value.clone()));
                }
            }
        }
        request
    }

    fn refused(&self, status: &Status) -> Refused {
        let cause = root_cause(status);
        let text = cause.as_deref().unwrap_or_else(|| status.message());
        let text = self.endpoint.scrub(&refusal::printable(text));
        let why = format!("{}: {:?}: {text}", self.endpoint.shown, status.code());
        let after = refusal::status(status.details()).and_then(|(_, after)| after);
        match status.code() {
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss => Refused::Retry { after, why },
            // Only a server that says when it will have room again will have it.
            Code::ResourceExhausted if after.is_some() => Refused::Retry { after, why },
            // Not the server's word but the connection's end.
            _ if cause.is_some() => Refused::Retry { after, why },
            _ => Refused::Lost { why },
        }
    }
}

/// What is behind a status that no server sent.
fn root_cause(status: &Status) -> Option<String> {
    let mut cause = std::error::Error::source(status)?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

impl Exporter for GrpcExporter {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let timeout = self
            .timeout
            .min(deadline.saturating_duration_since(Instant::now()));
        let request = self.request(batch, timeout);
        let client = &mut self.client;
        let call = async {
            client
                .ready()
                .await
                .map_err(|error| Status::from_error(error.into()))?;
            client
                .unary(request, path(batch.signal), codec::Bytes)
                .await
        };
        let answer = self
            .runtime
            .block_on(async { tokio::time::timeout(timeout, call).await });
        match answer {
            Ok(Ok(answer)) => Ok(answer::accepted(answer.get_ref())),
            Ok(Err(status)) => Err(self.refused(&status)),
            Err(_elapsed) => {
                let why = format!("{}: no answer within {timeout:.1?}", self.endpoint.shown);
                Err(Refused::Retry { after: None, why })
            }
        }
    }
}

fn path(signal: Signal) -> PathAndQuery {
    PathAndQuery::from_static(match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    })
}

#[cfg(feature = "tls")]
fn secured(
    transport: Transport,
    backend: &Backend,
    endpoint: &Endpoint,
) -> Result<Transport, Error> {
    let trust = super::tls::Trust::of(backend, endpoint.secure)?;
    match trust.filter(|_| endpoint.secure) {
        Some(trust) => transport
            .tls_config(trust.for_tonic())
            .map_err(|error| Error::start("TLS", format!("{}: {error}", endpoint.shown))),
        None => Ok(transport),
    }
}

#[cfg(not(feature = "tls"))]
fn secured(
    transport: Transport,
    _backend: &Backend,
    endpoint: &Endpoint,
) -> Result<Transport, Error> {
    endpoint.require_plain()?;
    Ok(transport)
}

#[cfg(test)]
#[cfg(feature = "trace")]
mod tests;
