//! The SDK's providers, connected to our queues.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::hooks::Hooks;
use super::queues::Queues;
use super::reader::Source;
use super::spans::Counts;
use crate::call;
use crate::config::Config;
use crate::error::Error;
use crate::export::Batch;
use crate::notice::notice;
use crate::otlp::Resource;
use crate::sdk::{Install, Metrics, Providers, Sink, Spans, Tools, install};

pub(crate) struct Sdk(Providers);

impl Sdk {
    /// `None` where `sdk_providers` says no and code brings nothing that needs them.
    pub(crate) fn start(
        config: &Config,
        hooks: Hooks,
        resource: &Resource,
        source: &Source,
        traces: &Arc<Queues>,
        metrics: &Arc<Queues>,
        counts: &Arc<Counts>,
    ) -> Result<Option<Self>, Error> {
        let asked = hooks.tracer_provider.is_some() || hooks.meter_provider.is_some();
        if !config.sdk_providers && !asked {
            return Ok(None);
        }
        let source = Arc::clone(source);
        let counts = Arc::clone(counts);
        let providers = install(Install {
            resource: resource.attributes().to_vec(),
            sample_rate: Arc::new(call::sample_rate),
            spans: (!traces.is_empty()).then(|| Spans {
                sink: sink(traces),
                dropped: Arc::new(move |spans| {
                    counts.dropped.fetch_add(spans, Relaxed);
                }),
                batch_max: config.traces.batch_max_spans,
                batch_delay: config.traces.batch_delay,
            }),
            metrics: (!metrics.is_empty()).then(|| Metrics {
                sink: sink(metrics),
                interval: config.metrics.interval,
                delta: config.metrics.delta,
            }),
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

fn sink(queues: &Arc<Queues>) -> Sink {
    let queues = Arc::clone(queues);
    Arc::new(move |batch: Batch| queues.push(&Arc::new(batch)))
}

/// Whether nothing went wrong; what did is told.
fn told(faults: &[String]) -> bool {
    faults.iter().for_each(|fault| notice(fault));
    faults.is_empty()
}
