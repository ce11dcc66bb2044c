//! All that leaves the process: queues, readers, the pull endpoint, the SDK's providers.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::exporters;
pub(crate) use super::hooks::Hooks;
use super::pull::Pull;
use super::queues::Queues;
use super::reader::Reader;
pub(crate) use super::reader::Source;
use super::resource;
use super::sdk::Sdk;
use super::spans::{Counts, span_sink};
use crate::collector::SpanSink;
use crate::config::Config;
use crate::error::Error;
use crate::export::Signal;
use crate::health::{DestinationHealth, Health, Pulled};
use crate::otlp::Resource;
use crate::report::Report;

/// What was started for one configuration.
pub(crate) struct Exports {
    traces: Arc<Queues>,
    metrics: Arc<Queues>,
    counts: Arc<Counts>,
    resource: Resource,
    readers: OnceLock<Readers>,
}

/// All that reads the tools' numbers.
struct Readers {
    reader: Option<Reader>,
    /// Taken at shutdown; not to be locked while it is waited for, since a scrape asks for health.
    pull: Mutex<Option<Pull>>,
    sdk: Option<Sdk>,
}

impl Exports {
    /// Starts the queues, and the users' exporters among them.
    pub(crate) fn start(config: &Config, hooks: &mut Hooks) -> Result<Self, Error> {
        let traces = Queues::new(Signal::Traces);
        let metrics = Queues::new(Signal::Metrics);
        exporters::start_traces(config, &traces)?;
        exporters::start_metrics(config, &metrics)?;
        hooks.start_exporters(&traces, config.traces.queue)?;
        Ok(Self {
            traces: Arc::new(traces),
            metrics: Arc::new(metrics),
            counts: Arc::default(),
            resource: Resource::new(resource::attributes(config)),
            readers: OnceLock::new(),
        })
    }

    /// Spans have somewhere to go.
    pub(crate) fn sends_spans(&self) -> bool {
        !self.traces.is_empty()
    }

    /// What the collector hands spans to.
    pub(crate) fn span_sink(&self, config: &Config) -> Box<dyn SpanSink> {
        span_sink(config, &self.resource, &self.counts, &self.traces)
    }

    /// Starts all that reads the tools' numbers: when there are some to be read.
    pub(crate) fn start_readers(
        &self,
        config: &Config,
        hooks: Hooks,
        source: &Source,
    ) -> Result<(), Error> {
        let readers = Readers {
            reader: self.start_reader(config, source)?,
            pull: Mutex::new(Pull::start(config, &self.resource, source)),
            sdk: Sdk::start(
                config,
                hooks,
                &self.resource,
                source,
                &self.traces,
                &self.metrics,
                &self.counts,
            )?,
        };
        let _ = self.readers.set(readers);
        Ok(())
    }

    fn start_reader(&self, config: &Config, source: &Source) -> Result<Option<Reader>, Error> {
        if self.metrics.is_empty() {
            return Ok(None);
        }
        let metrics = &config.metrics;
        let (queues, source) = (Arc::clone(&self.metrics), Arc::clone(source));
        let environment = &config.environment;
        Reader::start(
            source,
            queues,
            &self.resource,
            environment,
            metrics.interval,
            metrics.delta,
        )
        .map(Some)
    }

    /// Hands on what is held back, and waits for the destinations.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let handed_on = self.hand_on(|sdk| sdk.flush(deadline));
        let (traces, metrics) = side_by_side(
            || self.traces.flush(deadline),
            || self.metrics.flush(deadline),
        );
        handed_on && traces && metrics
    }

    /// The same, for the last time.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        let handed_on = self.hand_on(|sdk| sdk.shutdown(deadline));
        if let Some(readers) = self.readers.get() {
            readers.reader.iter().for_each(Reader::stop);
            // Outside of the lock: a scrape that goes on asks for health.
            let _pull = readers.take_pull();
        }
        let (traces, metrics) = side_by_side(
            || self.traces.shutdown(deadline),
            || self.metrics.shutdown(deadline),
        );
        handed_on && traces && metrics
    }

    fn hand_on(&self, ask: impl FnOnce(&Sdk) -> bool) -> bool {
        let Some(readers) = self.readers.get() else {
            return true;
        };
        let handed_on = readers.sdk.as_ref().is_none_or(ask);
        readers.reader.iter().for_each(Reader::export);
        handed_on
    }

    pub(crate) fn report(&self, in_time: bool) -> Report {
        let mut traces = self.traces.report();
        traces.dropped += self.dropped();
        Report {
            traces,
            metrics: self.metrics.report(),
            in_time,
        }
    }

    pub(crate) fn health(&self, health: &mut Health) {
        health.spans_dropped_before_export = self.dropped();
        health.destinations = self.destinations();
        health.prometheus = self.readers.get().and_then(Readers::pull_health);
    }

    fn destinations(&self) -> Vec<DestinationHealth> {
        let mut all = self.traces.health();
        all.extend(self.metrics.health());
        all
    }

    fn dropped(&self) -> u64 {
        self.counts.dropped.load(Relaxed)
    }
}

impl Readers {
    fn take_pull(&self) -> Option<Pull> {
        self.pull
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn pull_health(&self) -> Option<Pulled> {
        self.pull
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(Pull::health)
    }
}

/// Neither waits for the other.
fn side_by_side(
    first: impl FnOnce() -> bool,
    second: impl FnOnce() -> bool + Send,
) -> (bool, bool) {
    std::thread::scope(|scope| {
        let second = std::thread::Builder::new().spawn_scoped(scope, second);
        (
            first(),
            second.is_ok_and(|second| second.join().unwrap_or(false)),
        )
    })
}
