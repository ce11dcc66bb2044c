//! The crate tracing-loki in place of our own sender, behind the same queue.
//!
//! It is made to be a layer of a program's subscriber: events go into a channel of 512, and what
//! finds no room is gone; what it has taken waits without bound, is tried for ever, and is lost
//! when it ends. So here it gets no more than it holds, on a thread that is only there for that;
//! it is ended after each portion, and what it says of that is listened to. A portion that did not
//! arrive is tried again by the queue.
//!
//! What stays as it is: no `https`; no structured metadata; a line's time is that of its sending
//! (when it was written is in the field `time`); fields other than the known ones are one field
//! `fields`, a text of JSON; a proxy of the environment is used for loopback too.

mod portion;
mod verdict;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing_loki::url::Url;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use self::portion::{MOST_LINES, Portion, portions};
use self::verdict::Verdict;
use crate::config;
use crate::error::Error;
use crate::export::{Accepted, Batch, Exporter, Refused};
use crate::names::label::{APPLICATION, ENVIRONMENT, TOOL_NAME};
use crate::otlp::decode_logs;

const PATH: &str = "loki/api/v1/push";

/// Hands batches to tracing-loki, a tool at a time.
pub(crate) struct TracingLoki {
    runtime: Runtime,
    /// Without the path that the crate adds.
    url: Url,
    builder: tracing_loki::Builder,
    timeout: Duration,
    /// Tools that have a layer of their own; none where `loki_labels` says what `tool_name` is.
    tools: HashSet<String>,
    max_tools: usize,
    /// What is left of the batch that is tried again.
    pending: Option<Pending>,
}

struct Pending {
    batch: u64,
    left: VecDeque<Portion>,
    taken: u64,
    rejected: u64,
    unlabelled: u64,
    message: Option<String>,
}

impl TracingLoki {
    /// Checks URL, labels and headers; connects to nothing.
    pub(crate) fn new(loki: &config::Loki) -> Result<Self, Error> {
        let fault = |why: &str| Error::start("tracing-loki", why.to_owned());
        let url = loki.backend.endpoint.strip_suffix(PATH).ok_or_else(|| {
            fault("loki_url has to end with /loki/api/v1/push: the crate adds that itself")
        })?;
        let url = Url::parse(url).map_err(|error| fault(&error.to_string()))?;
        if url.scheme() != "http" {
            return Err(fault(
                "loki_url has to be http: https needs loki_client: builtin",
            ));
        }
        let mut labels = BTreeMap::from([
            (APPLICATION.to_owned(), loki.application.clone()),
            (ENVIRONMENT.to_owned(), loki.environment.clone()),
        ]);
        labels.extend(loki.labels.clone());
        let labelled = labels.contains_key(TOOL_NAME);
        let mut builder = tracing_loki::builder();
        for (name, value) in labels {
            let added = builder.label(name, value);
            builder = added.map_err(|error| fault(&error.to_string()))?;
        }
        for (name, value) in &loki.backend.headers {
            // Its errors may quote the value.
            let added = builder.http_header(name, &value.0);
            builder = added.map_err(|_| fault(&format!("the header `{name}` cannot be sent")))?;
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: runtime.map_err(|error| fault(&error.to_string()))?,
            url,
            builder,
            timeout: loki.backend.timeout,
            tools: HashSet::new(),
            max_tools: if labelled { 0 } else { loki.max_streams },
            pending: None,
        })
    }

    fn pending(&mut self, batch: &Batch) -> Result<Pending, Refused> {
        let number = super::loki::fingerprint(batch);
        if let Some(pending) = self.pending.take().filter(|it| it.batch == number) {
            return Ok(pending);
        }
        let request = decode_logs(&batch.body).map_err(|error| Refused::Lost {
            why: error.to_string(),
        })?;
        let mut left = portions(&request);
        let mut unlabelled = 0;
        for portion in &mut left {
            let known = portion.tool.is_empty() || self.knows(&portion.tool);
            if !known {
                unlabelled += portion.lines();
                portion.tool.clear();
            }
        }
        Ok(Pending {
            batch: number,
            left,
            taken: 0,
            rejected: 0,
            unlabelled,
            message: None,
        })
    }

    fn knows(&mut self, tool: &str) -> bool {
        self.tools.contains(tool)
            || (self.tools.len() < self.max_tools && self.tools.insert(tool.to_owned()))
    }

    /// One layer and its task, from the first line to the last answer.
    fn send(&self, portion: &Portion, deadline: Instant) -> Result<(), Refused> {
        let lost = |error: tracing_loki::Error| Refused::Lost {
            why: error.to_string(),
        };
        let mut builder = self.builder.clone();
        if !portion.tool.is_empty() {
            builder = builder.label(TOOL_NAME, &portion.tool).map_err(lost)?;
        }
        let (layer, controller, task) = builder
            .build_controller_url(self.url.clone())
            .map_err(lost)?;
        let lines = Dispatch::new(Registry::default().with(layer));
        with_default(&lines, || portion.write());
        drop(lines);

        let limit = self
            .timeout
            .min(deadline.saturating_duration_since(Instant::now()));
        let verdict = Verdict::default();
        let listener = Dispatch::new(verdict.clone());
        let in_time = with_default(&listener, || {
            self.runtime.block_on(async {
                controller.shutdown().await;
                tokio::time::timeout(limit, task).await.is_ok()
            })
        });
        match verdict.failure() {
            Some(failure) => Err(failure),
            None if in_time => Ok(()),
            None => Err(Refused::Retry {
                after: None,
                why: format!("no answer within {limit:.1?}"),
            }),
        }
    }
}

impl Exporter for TracingLoki {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        let mut pending = self.pending(batch)?;
        while let Some(portion) = pending.left.front() {
            match self.send(portion, deadline) {
                Ok(()) => pending.taken += portion.lines(),
                Err(Refused::Lost { why }) => {
                    pending.rejected += portion.lines();
                    pending.message = Some(why);
                }
                Err(retry) => {
                    self.pending = Some(pending);
                    return Err(retry);
                }
            }
            pending.left.pop_front();
        }
        let unlabelled = (pending.unlabelled > 0).then_some(("max_streams", pending.unlabelled));
        match pending.message {
            Some(why) if pending.taken == 0 => Err(Refused::Lost { why }),
            message => Ok(Accepted {
                rejected: pending.rejected,
                message,
                changed: unlabelled.into_iter().collect(),
            }),
        }
    }
}

const _: () = assert!(MOST_LINES < 128, "one request a portion");

#[cfg(test)]
#[cfg(all(feature = "trace", feature = "otlp-http"))]
mod tests;
