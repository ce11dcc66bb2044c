//! A user's own `SpanExporter` as one of the destinations.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanExporter;
use prost::Message;

use super::aside::{Aside, Late};
use super::block_on::block_on;
use super::decode;
use crate::Error;
use crate::export::{Accepted, Batch, Exporter, Refused, Signal};

/// How long an exporter may take for its shutdown: what the SDK gives it.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Gives every batch of spans, tools' and the SDK's own, to a `SpanExporter`.
///
/// The exporter runs on a thread of its own, so that one that hangs holds up nothing but
/// itself. No async runtime is entered there: an exporter that needs one brings it.
pub(crate) struct UserSpanExporter<E: SpanExporter + 'static> {
    aside: Aside<Feed<E>>,
}

impl<E: SpanExporter + 'static> UserSpanExporter<E> {
    pub(crate) fn spawn(exporter: E) -> Result<Self, Error> {
        let feed = Feed::new(exporter);
        let aside = Aside::spawn("telemetry-span-exporter", feed)
            .map_err(|why| Error::start("the thread of a `SpanExporter`", why))?;
        Ok(Self { aside })
    }
}

impl<E: SpanExporter + 'static> Exporter for UserSpanExporter<E> {
    fn export(&mut self, batch: &Batch, deadline: Instant) -> Result<Accepted, Refused> {
        if batch.signal != Signal::Traces {
            return Ok(Accepted::default());
        }
        let request = decode(&batch.body)?;
        self.aside
            .run(deadline, move |feed| feed.export(request))
            .map_err(refused)?
            .map(|()| Accepted::default())
            .map_err(|why| lost(format!("the `SpanExporter` refused it: {why}")))
    }

    fn flush(&mut self, deadline: Instant) {
        // Its outcome is that of the batches it was given.
        let _ = self.aside.run(deadline, |feed| feed.exporter.force_flush());
    }
}

impl<E: SpanExporter + 'static> Drop for UserSpanExporter<E> {
    /// Waits for the exporter's own shutdown, since what it still sends would be lost with the
    /// process. One that hangs in an earlier batch is left alone.
    fn drop(&mut self) {
        let shut_down = |feed: &mut Feed<E>| feed.exporter.shutdown_with_timeout(SHUTDOWN);
        let _ = self.aside.run(Instant::now() + SHUTDOWN, shut_down);
    }
}

pub(super) fn decode(body: &[u8]) -> Result<ExportTraceServiceRequest, Refused> {
    ExportTraceServiceRequest::decode(body).map_err(|why| {
        lost(format!(
            "a batch that is no ExportTraceServiceRequest: {why}"
        ))
    })
}

/// A batch that may yet arrive is not tried again: it would be there twice.
fn refused(late: Late) -> Refused {
    match late {
        Late::Busy => Refused::Retry {
            after: None,
            why: "the `SpanExporter` is busy with an earlier batch".to_owned(),
        },
        Late::Unfinished => lost("the `SpanExporter` did not finish in time".to_owned()),
        Late::Panicked => lost("the `SpanExporter` panicked".to_owned()),
    }
}

fn lost(why: String) -> Refused {
    Refused::Lost { why }
}

/// An exporter, fed with decoded batches.
pub(super) struct Feed<E> {
    exporter: E,
    /// What the exporter was told last.
    resource: Option<Resource>,
}

impl<E: SpanExporter> Feed<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self {
            exporter,
            resource: None,
        }
    }

    /// Waits for it here. An error is the exporter's own text.
    pub(super) fn export(&mut self, request: ExportTraceServiceRequest) -> Result<(), String> {
        let mut spans = request.resource_spans.into_iter();
        spans
            .try_for_each(|spans| self.export_resource(spans))
            .map_err(|why| why.to_string())
    }

    fn export_resource(&mut self, spans: ResourceSpans) -> OTelSdkResult {
        let resource = decode::resource(&spans);
        let spans = decode::spans(spans);
        if spans.is_empty() {
            return Ok(());
        }
        if self.resource.as_ref() != Some(&resource) {
            self.exporter.set_resource(&resource);
            self.resource = Some(resource);
        }
        block_on(self.exporter.export(spans))
    }
}
