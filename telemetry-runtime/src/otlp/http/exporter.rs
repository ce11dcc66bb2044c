//! OTLP/HTTP, protobuf and JSON.

use std::time::Instant;

use super::HttpClient;
use crate::config::{Backend, Protocol};
use crate::error::Error;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::otlp::{answer, json};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Posts batches to an OTLP receiver.
#[derive(Debug)]
pub(crate) struct HttpExporter {
    client: HttpClient,
    json: bool,
}

impl HttpExporter {
    /// The endpoint is used as it is, path and all.
    pub(crate) fn new(backend: &Backend) -> Result<Self, Error> {
        let json = backend.protocol == Protocol::HttpJson;
        Ok(Self {
            client: HttpClient::new(backend)?,
            json,
        })
    }
}

impl Exporter for HttpExporter {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let answer = if self.json {
            let body = json::request(batch).map_err(|error| Refused::Lost {
                why: error.to_string(),
            })?;
            self.client.post(JSON, &body, deadline)?
        } else {
            self.client.post(PROTOBUF, &batch.body, deadline)?
        };
        let answer = self.client.taken(answer)?;
        if answer.is_json().unwrap_or(self.json) {
            Ok(answer::accepted_json(&answer.body))
        } else {
            Ok(answer::accepted(&answer.body))
        }
    }
}

#[cfg(test)]
#[cfg(feature = "trace")]
mod tests;
