//! What code brings of its own: exporters, readers, views.

use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::trace::{SpanExporter, TracerProviderBuilder};

use super::queues::Queues;
use crate::config::Queue;
use crate::error::Error;
use crate::export::Exporter;
use crate::sdk::{MeterProviderHook, TracerProviderHook, UserSpanExporter};

type Made = Result<Box<dyn Exporter>, Error>;

/// What the builder was given beside keys and values.
#[derive(Default)]
pub(crate) struct Hooks {
    exporters: Vec<Box<dyn FnOnce() -> Made + Send>>,
    pub(crate) tracer_provider: Option<TracerProviderHook>,
    pub(crate) meter_provider: Option<MeterProviderHook>,
}

impl Hooks {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    pub(crate) fn any(&self) -> bool {
        !self.exporters.is_empty()
            || self.tracer_provider.is_some()
            || self.meter_provider.is_some()
    }

    pub(crate) fn span_exporter(&mut self, exporter: impl SpanExporter + 'static) {
        self.exporters.push(Box::new(|| {
            Ok(Box::new(UserSpanExporter::spawn(exporter)?))
        }));
    }

    pub(crate) fn tracer_provider(
        &mut self,
        hook: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send + 'static,
    ) {
        self.tracer_provider = Some(Box::new(hook));
    }

    pub(crate) fn meter_provider(
        &mut self,
        hook: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send + 'static,
    ) {
        self.meter_provider = Some(Box::new(hook));
    }

    /// Starts a queue for each of the users' exporters.
    pub(crate) fn start_exporters(&mut self, traces: &Queues, queue: Queue) -> Result<(), Error> {
        self.exporters
            .drain(..)
            .try_for_each(|make| traces.start("span_exporter", queue, make))
    }
}
