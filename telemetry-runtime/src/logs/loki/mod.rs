//! Loki: records become lines of JSON, in streams, and are pushed.

mod line;
mod pushes;
mod streams;
mod times;

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
#[cfg(all(feature = "trace", feature = "otlp-http"))]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use http::StatusCode;

use self::pushes::{Changes, Push, Pushes};
use crate::config;
use crate::error::Error;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::notice::notice;
use crate::otlp::decode_logs;
use crate::otlp::http::HttpClient;

/// Pushes batches to a URL such as `http://localhost:3100/loki/api/v1/push`.
#[derive(Debug)]
pub(crate) struct Loki {
    client: HttpClient,
    pushes: Pushes,
    /// The batch that is tried again.
    pending: Option<Pending>,
}

/// What a batch was made into. It is kept from one attempt to the next, so that Loki sees the
/// same times and knows the lines that it has taken already.
#[derive(Debug)]
struct Pending {
    batch: u64,
    /// What is left to be sent, the last first.
    left: Vec<Push>,
    taken: u64,
    rejected: u64,
    /// Why those were.
    message: Option<String>,
    changes: Changes,
}

impl Loki {
    /// Checks URL, headers and TLS files; connects to nothing.
    pub(crate) fn new(loki: &config::Loki) -> Result<Self, Error> {
        Ok(Self {
            client: HttpClient::new(&loki.backend)?,
            pushes: Pushes::new(loki),
            pending: None,
        })
    }

    fn pending(&mut self, batch: &Batch) -> Result<Pending, Refused> {
        let number = fingerprint(batch);
        if let Some(pending) = self
            .pending
            .take()
            .filter(|pending| pending.batch == number)
        {
            return Ok(pending);
        }
        let request = decode_logs(&batch.body).map_err(|error| Refused::Lost {
            why: error.to_string(),
        })?;
        let (mut left, changes) = self.pushes.of(&request);
        left.reverse();
        Ok(Pending {
            batch: number,
            left,
            taken: 0,
            rejected: 0,
            message: None,
            changes,
        })
    }

    fn push(&self, push: &Push, deadline: Instant) -> Result<(), Answer> {
        let response = self
            .client
            .post("application/x-protobuf", &push.body, deadline)
            .map_err(Answer::Refused)?;
        let without_metadata = self.pushes.metadata
            && response.status == StatusCode::BAD_REQUEST
            && String::from_utf8_lossy(&response.body).contains("allow_structured_metadata");
        if without_metadata {
            return Err(Answer::NoMetadata);
        }
        self.client
            .judged(response, worth_a_retry)
            .map(drop)
            .map_err(Answer::Refused)
    }
}

enum Answer {
    /// Loki takes lines, but nothing beside them.
    NoMetadata,
    Refused(Refused),
}

/// Unlike OTLP's receivers Loki answers 500 where its parts cannot reach one another.
fn worth_a_retry(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

impl Exporter for Loki {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let mut pending = self.pending(batch)?;
        while let Some(push) = pending.left.last() {
            match self.push(push, deadline) {
                Ok(()) => pending.taken += push.lines,
                Err(Answer::NoMetadata) => {
                    notice(
                        "logs: Loki takes no structured metadata (allow_structured_metadata): \
                         trace_id and span_id are in the lines only",
                    );
                    self.pushes.metadata = false;
                    return self.export(batch, deadline);
                }
                Err(Answer::Refused(Refused::Lost { why })) => {
                    pending.rejected += push.lines;
                    pending.message = Some(why);
                }
                Err(Answer::Refused(retry)) => {
                    self.pending = Some(pending);
                    return Err(retry);
                }
            }
            pending.left.pop();
        }
        match pending.message {
            Some(why) if pending.taken == 0 => Err(Refused::Lost { why }),
            message => Ok(Accepted {
                rejected: pending.rejected,
                message,
                changed: pending.changes.counted(),
            }),
        }
    }
}

/// Tells one batch from another.
pub(super) fn fingerprint(batch: &Batch) -> u64 {
    let mut hasher = DefaultHasher::new();
    batch.body.hash(&mut hasher);
    hasher.finish()
}

/// At most `longest` bytes, whole characters.
fn start_of(text: &str, longest: usize) -> &str {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
