//! Spans that OpenTelemetry's SDK makes, on their way into the queues of tools' spans.

use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;

use super::Sink;
use crate::export::{Batch, Lane, Signal};

/// Ended spans that wait to be encoded, at most. One takes some 700 bytes without attributes.
const MAX_WAITING: usize = 8_192;

/// What becomes of the SDK's spans.
#[derive(Clone)]
pub(crate) struct Spans {
    pub(crate) sink: Sink,
    /// Told how many spans were lost because they came faster than they could be encoded,
    /// or after shutdown.
    pub(crate) dropped: Arc<dyn Fn(u64) + Send + Sync>,
    /// Spans in a batch, at most.
    pub(crate) batch_max: usize,
    /// How long a span waits for others.
    pub(crate) batch_delay: Duration,
}

/// Encodes ended spans in batches, on a thread of its own.
///
/// The SDK's batch processor is not used: a flush of it takes up to 5 s whatever the caller
/// can spare, and nobody can ask it what it dropped. Since the sink never blocks, this one
/// flushes on the thread that asks and is done when it returns.
#[derive(Clone, Debug)]
pub(super) struct SpanBridge {
    shared: Arc<Shared>,
}

struct Shared {
    to: Spans,
    open: Mutex<Open>,
    /// The first span is there, a batch is full, or it is over.
    wake: Condvar,
    /// Held while spans are encoded and handed on, so that a flush waits for that too.
    sending: Mutex<()>,
}

#[derive(Default)]
struct Open {
    spans: Vec<SpanData>,
    resource: Arc<ResourceAttributesWithSchema>,
    closed: bool,
}

impl SpanBridge {
    pub(super) fn spawn(mut to: Spans) -> io::Result<Self> {
        to.batch_max = to.batch_max.clamp(1, MAX_WAITING / 2);
        let shared = Arc::new(Shared {
            to,
            open: Mutex::default(),
            wake: Condvar::new(),
            sending: Mutex::default(),
        });
        let worker = Arc::clone(&shared);
        thread::Builder::new()
            .name("telemetry-sdk-spans".to_owned())
            .spawn(move || worker.run())?;
        Ok(Self { shared })
    }

    /// Hands on all that has ended so far.
    pub(super) fn flush(&self) {
        self.shared.send();
    }

    /// The same; what ends from now on is counted as dropped.
    pub(super) fn close(&self) {
        lock(&self.shared.open).closed = true;
        self.shared.wake.notify_one();
        self.flush();
    }
}

impl SpanProcessor for SpanBridge {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() || crate::sync::is_child() {
            return;
        }
        let mut open = lock(&self.shared.open);
        if open.closed || open.spans.len() >= MAX_WAITING {
            drop(open);
            (self.shared.to.dropped)(1);
            return;
        }
        open.spans.push(span);
        let waiting = open.spans.len();
        drop(open);
        if waiting == 1 || waiting == self.shared.to.batch_max {
            self.shared.wake.notify_one();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.close();
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        lock(&self.shared.open).resource = Arc::new(resource.into());
    }
}

impl Shared {
    fn run(&self) {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        while self.wait() {
            self.send();
        }
        self.send();
    }

    /// Until there is something to send; false when it is over. An idle process is not woken.
    fn wait(&self) -> bool {
        let open = lock(&self.open);
        let open = self
            .wake
            .wait_while(open, |open| open.spans.is_empty() && !open.closed)
            .unwrap_or_else(PoisonError::into_inner);
        let (open, _) = self
            .wake
            .wait_timeout_while(open, self.to.batch_delay, |open| {
                open.spans.len() < self.to.batch_max && !open.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        !open.closed
    }

    /// Hands on all that waits.
    fn send(&self) {
        let _sending = lock(&self.sending);
        let (spans, resource) = {
            let mut open = lock(&self.open);
            (mem::take(&mut open.spans), Arc::clone(&open.resource))
        };
        let mut spans = spans.into_iter();
        loop {
            let batch: Vec<_> = spans.by_ref().take(self.to.batch_max).collect();
            if batch.is_empty() {
                return;
            }
            (self.to.sink)(encode(batch, &resource));
        }
    }
}

/// One request with all of `spans`.
pub(super) fn encode(spans: Vec<SpanData>, resource: &ResourceAttributesWithSchema) -> Batch {
    let items = spans.len() as u64;
    let resource_spans = group_spans_by_resource_and_scope(spans, resource);
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    Batch {
        signal: Signal::Traces,
        lane: Lane::Calls,
        items,
        body,
    }
}

/// The state stays usable when a sink panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("waiting", &lock(&self.open).spans.len())
            .finish()
    }
}
