//! The SDK's providers, connected to our queues.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::exports::Outlets;
use super::hooks::Hooks;
use super::pull::Pull;
use super::reader::Source;
use crate::call;
use crate::config::Config;
use crate::error::Error;
use crate::export::Batch;
use crate::notice::notice;
use crate::sdk::{Install, Metrics, Providers, Sink, Spans, Tools, install};

pub(crate) struct Sdk(Providers);

impl Sdk {
    /// `None` where `sdk_providers` says no and code brings nothing that needs them.
    pub(crate) fn start(
        config: &Config,
        hooks: Hooks,
        outlets: &Outlets,
        source: &Source,
    ) -> Result<Option<Self>, Error> {
        let asked = hooks.tracer_provider.is_some() || hooks.meter_provider.is_some();
        if !config.sdk_providers && !asked {
            return Ok(None);
        }
        let source = Arc::clone(source);
        let providers = install(Install {
            resource: outlets.resource.attributes().to_vec(),
            sample_rate: Arc::new(call::sample_rate),
            spans: spans(config, outlets),
            metrics: metrics(config, outlets)?,
            tools: Tools {
                snapshot: Arc::new(move || source().0),
                environment: config.environment.clone(),
                max_tools: config.calls.max_tools,
            },
            tracer_provider: hooks.tracer_provider,
            meter_provider: hooks.meter_provider,
        })?;
        Ok(Some(Self(providers)))
    }

    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        told(&self.0.flush(deadline))
    }

    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        told(&self.0.shutdown(deadline))
    }
}

fn spans(config: &Config, outlets: &Outlets) -> Option<Spans> {
    if outlets.traces.is_empty() {
        return None;
    }
    let counts = Arc::clone(&outlets.counts);
    let queues = Arc::clone(&outlets.traces);
    Some(Spans {
        sink: Arc::new(move |batch| queues.push(&Arc::new(batch))),
        dropped: Arc::new(move |spans| {
            counts.sdk_dropped.fetch_add(spans, Relaxed);
        }),
        batch_max: config.traces.batch_max_spans,
        batch_delay: config.traces.batch_delay,
    })
}

fn metrics(config: &Config, outlets: &Outlets) -> Result<Option<Metrics>, Error> {
    if outlets.metrics.is_empty() && !Pull::is_asked(config) {
        return Ok(None);
    }
    Ok(Some(Metrics {
        sink: measured(outlets),
        interval: config.metrics.interval,
        delta: config.metrics.delta,
        #[cfg(feature = "opentelemetry-otlp")]
        official: super::official::metrics(config, outlets)?,
    }))
}

/// What the SDK measured goes where the tools' numbers go.
fn measured(outlets: &Outlets) -> Sink {
    let (queues, pull) = (Arc::clone(&outlets.metrics), Arc::clone(&outlets.pull));
    Arc::new(move |batch: Batch| {
        pull.keep(&batch);
        queues.push(&Arc::new(batch));
    })
}

/// Whether nothing went wrong; what did is told.
fn told(faults: &[String]) -> bool {
    faults.iter().for_each(|fault| notice(fault));
    faults.is_empty()
}
