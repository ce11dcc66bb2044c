//! All that leaves the process: queues, readers, the pull endpoint, the SDK's providers.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::exporters;
pub(crate) use super::hooks::Hooks;
use super::logs::{Lines, line_counts, log_sink, note_writer, start_lines, take_lines};
use super::pull::Pull;
use super::queues::Queues;
use super::reader::Reader;
pub(crate) use super::reader::Source;
use super::resource;
use super::sdk::Sdk;
use super::spans::{Counts, span_sink};
use crate::collector::Sink;
use crate::config::Config;
use crate::error::Error;
use crate::export::Signal;
use crate::health::{DestinationHealth, Health};
use crate::logs::WriteNote;
use crate::otlp::Resource;
use crate::report::Report;

/// How long the last export of metrics waits for the last spans.
const SPANS_FIRST: Duration = Duration::from_millis(200);

/// What was started for one configuration.
pub(crate) struct Exports {
    outlets: Outlets,
    lines: Option<Lines>,
    readers: OnceLock<Readers>,
}

/// Where data goes, whoever makes it.
pub(crate) struct Outlets {
    pub(crate) resource: Resource,
    pub(crate) traces: Arc<Queues>,
    pub(crate) metrics: Arc<Queues>,
    pub(crate) logs: Arc<Queues>,
    pub(crate) pull: Arc<Pull>,
    pub(crate) counts: Arc<Counts>,
}

/// What reads the tools' numbers and hands them to the outlets.
struct Readers {
    reader: Option<Reader>,
    sdk: Option<Sdk>,
}

impl Exports {
    /// Starts the queues, and the users' exporters among them.
    pub(crate) fn start(config: &Config, hooks: &mut Hooks) -> Result<Self, Error> {
        let outlets = Outlets {
            resource: Resource::new(resource::attributes(config)),
            traces: Arc::new(Queues::new(Signal::Traces)),
            metrics: Arc::new(Queues::new(Signal::Metrics)),
            logs: Arc::new(Queues::new(Signal::Logs)),
            pull: Arc::default(),
            counts: Arc::default(),
        };
        exporters::start_traces(config, &outlets.traces)?;
        exporters::start_metrics(config, &outlets.metrics)?;
        exporters::start_logs(config, &outlets.logs)?;
        hooks.start_exporters(&outlets.traces, config.traces.queue)?;
        let lines = start_lines(config, &outlets)?;
        Ok(Self {
            outlets,
            lines,
            readers: OnceLock::new(),
        })
    }

    /// Spans have somewhere to go.
    pub(crate) fn sends_spans(&self) -> bool {
        !self.outlets.traces.is_empty()
    }

    /// Calls leave log records.
    pub(crate) fn logs_calls(&self) -> bool {
        !self.outlets.logs.is_empty()
    }

    /// What the collector hands calls to, one after the other, that are to be sent.
    pub(crate) fn sinks(&self, config: &Config) -> Vec<Box<dyn Sink>> {
        let spans = span_sink(config, &self.outlets);
        let logs = log_sink(config, &self.outlets);
        spans.into_iter().chain(logs).collect()
    }

    /// After a change of what can be changed while running.
    pub(crate) fn reload(&self, config: &Config) {
        take_lines(config, &self.outlets);
    }

    /// Who logs what this crate finds out itself; `None` where log records go nowhere.
    pub(crate) fn note_writer(&self) -> Option<WriteNote> {
        note_writer(&self.outlets)
    }

    /// Starts all that reads the tools' numbers: when there are some to be read.
    pub(crate) fn start_readers(
        &self,
        config: &Config,
        hooks: Hooks,
        source: &Source,
    ) -> Result<(), Error> {
        self.outlets
            .pull
            .start(config, &self.outlets.resource, source);
        let readers = Readers {
            reader: self.start_reader(config, source)?,
            sdk: Sdk::start(config, hooks, &self.outlets, source)?,
        };
        let _ = self.readers.set(readers);
        Ok(())
    }

    fn start_reader(&self, config: &Config, source: &Source) -> Result<Option<Reader>, Error> {
        if self.outlets.metrics.is_empty() {
            return Ok(None);
        }
        Reader::start(config, &self.outlets, Arc::clone(source)).map(Some)
    }

    /// Hands on what is held back, and waits for the destinations.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let handed_on = self.hand_on(deadline, |sdk| sdk.flush(deadline));
        let lines = self
            .lines
            .as_ref()
            .is_none_or(|lines| lines.flush(deadline));
        self.outlets.each(|queues| queues.flush(deadline)) && lines && handed_on
    }

    /// The same, for the last time.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        let handed_on = self.hand_on(deadline, |sdk| sdk.shutdown(deadline));
        if let Some(readers) = self.readers.get() {
            readers.reader.iter().for_each(Reader::stop);
        }
        self.outlets.pull.stop();
        // Half of the time: where a destination has no room for them it needs the other half.
        let now = Instant::now();
        let half = now + deadline.saturating_duration_since(now) / 2;
        let lines = self.lines.as_ref().is_none_or(|lines| lines.stop(half));
        self.outlets.each(|queues| queues.shutdown(deadline)) && lines && handed_on
    }

    fn hand_on(&self, deadline: Instant, ask: impl FnOnce(&Sdk) -> bool) -> bool {
        let Some(readers) = self.readers.get() else {
            return true;
        };
        let handed_on = readers.sdk.as_ref().is_none_or(ask);
        if let Some(reader) = &readers.reader {
            // Spans first, so that their fate is in the numbers; but not for long, since
            // the numbers have to arrive where spans do not.
            self.outlets
                .traces
                .flush(deadline.min(Instant::now() + SPANS_FIRST));
            reader.export();
        }
        handed_on
    }

    pub(crate) fn report(&self, in_time: bool) -> Report {
        let mut traces = self.outlets.traces.report();
        traces.dropped += self.dropped() + self.sdk_dropped();
        let mut logs = self.outlets.logs.report();
        let (dropped, waiting) = self.line_counts();
        logs.dropped += dropped;
        logs.waiting += waiting;
        Report {
            traces,
            metrics: self.outlets.metrics.report(),
            logs,
            in_time,
        }
    }

    pub(crate) fn health(&self, health: &mut Health) {
        health.spans_dropped_before_export = self.dropped();
        health.sdk_spans_dropped = self.sdk_dropped();
        health.log_lines_dropped_before_export = self.line_counts().0;
        health.destinations = self.destinations();
        health.prometheus = self.outlets.pull.health();
    }

    fn line_counts(&self) -> (u64, u64) {
        self.lines
            .as_ref()
            .map(|_| line_counts())
            .unwrap_or_default()
    }

    fn destinations(&self) -> Vec<DestinationHealth> {
        let mut all = self.outlets.traces.health();
        all.extend(self.outlets.metrics.health());
        all.extend(self.outlets.logs.health());
        all
    }

    fn dropped(&self) -> u64 {
        self.outlets.counts.dropped.load(Relaxed)
    }

    fn sdk_dropped(&self) -> u64 {
        self.outlets.counts.sdk_dropped.load(Relaxed)
    }
}

impl Outlets {
    /// Whether `wait` was true of each signal's queues; none waits for another.
    fn each(&self, wait: impl Fn(&Queues) -> bool + Sync) -> bool {
        let (traces, (metrics, logs)) = side_by_side(
            || wait(&self.traces),
            || side_by_side(|| wait(&self.metrics), || wait(&self.logs)),
        );
        traces && metrics && logs
    }
}

/// Neither waits for the other.
fn side_by_side<T: Send + Default>(
    first: impl FnOnce() -> bool,
    second: impl FnOnce() -> T + Send,
) -> (bool, T) {
    std::thread::scope(|scope| {
        let second = std::thread::Builder::new().spawn_scoped(scope, second);
        let first = first();
        let second = second.ok().and_then(|second| second.join().ok());
        (first, second.unwrap_or_default())
    })
}
