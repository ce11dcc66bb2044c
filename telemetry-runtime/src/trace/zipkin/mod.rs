//! Spans for Zipkin: version 2 of its JSON, posted.

mod span;

#[cfg(test)]
mod tests;

use std::time::Instant;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;

use crate::config::Backend;
use crate::error::Error;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::otlp::decode_traces;
use crate::otlp::http::HttpClient;

/// Posts spans to a URL such as `http://localhost:9411/api/v2/spans`.
#[derive(Debug)]
pub(crate) struct Zipkin {
    client: HttpClient,
}

impl Zipkin {
    /// Checks the URL; connects to nothing.
    pub(crate) fn new(backend: &Backend) -> Result<Self, Error> {
        Ok(Self {
            client: HttpClient::new(backend)?,
        })
    }
}

impl Exporter for Zipkin {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let request = decode_traces(&batch.body).map_err(|error| Refused::Lost {
            why: error.to_string(),
        })?;
        let spans = spans(&request);
        let sent = spans.len() as u64;
        if sent > 0 {
            let body = Value::from(spans).to_string();
            let answer = self
                .client
                .post("application/json", body.as_bytes(), deadline)?;
            self.client.taken(answer)?;
        }
        let rejected = batch.items.saturating_sub(sent);
        let message = (rejected > 0).then(|| format!("{rejected} spans without ids were left out"));
        Ok(Accepted {
            rejected,
            message,
            ..Accepted::default()
        })
    }
}

/// Zipkin refuses a whole request for one span without ids; those stay here.
fn spans(request: &ExportTraceServiceRequest) -> Vec<Value> {
    let mut spans = Vec::new();
    for from in &request.resource_spans {
        for scope in &from.scope_spans {
            let known = scope.spans.iter().filter(|span| span::has_ids(span));
            spans.extend(
                known.map(|span| span::of(span, scope.scope.as_ref(), from.resource.as_ref())),
            );
        }
    }
    spans
}
