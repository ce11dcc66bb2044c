//! Telemetry while it runs: one for the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::exports::{Exports, Hooks, Source};
use super::points;
use crate::call::{self, State, fork, tool};
use crate::collector::Collector;
use crate::config::{Config, Differences, Loaded, Sources, StoreKind, load};
use crate::detection::{Callbacks, Detection};
use crate::error::Error;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::notice::notice;
use crate::report::Report;
use crate::statistics::ToolStatistics;
use crate::sync::is_child;

/// The one that runs.
static RUNNING: RwLock<Option<Arc<Running>>> = RwLock::new(None);
/// Held while one starts, so that the lock above is not: what starts may ask for health.
static STARTING: Mutex<()> = Mutex::new(());

/// How long a reader of the numbers waits for the calls that ended before it came: the collector's
/// thread, which never waits for anybody, may have to wait for a processor.
const COLLECTED: Duration = Duration::from_secs(10);
/// What the collector may take beyond a deadline. It does no I/O, and what it still holds
/// would be in no report.
const GRACE: Duration = Duration::from_secs(1);

/// The one that runs, if one does.
pub(crate) fn running() -> Option<Arc<Running>> {
    if is_child() {
        return None;
    }
    RUNNING
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

pub(crate) struct Running {
    sources: Sources,
    loaded: Mutex<Loaded>,
    /// Calls are recorded, or could be: `false` from shutdown on.
    open: Mutex<bool>,
    collector: Arc<Collector>,
    detection: Arc<Detection>,
    exports: Arc<Exports>,
}

impl Running {
    /// Reads the configuration, starts all that it asks for, and lets calls be recorded.
    pub(crate) fn start(
        sources: Sources,
        hooks: Hooks,
        callbacks: Callbacks,
    ) -> Result<Arc<Self>, Error> {
        if is_child() {
            return Err(forked());
        }
        let _starting = lock(&STARTING);
        if running().is_some() {
            return Err(Error::already_initialized());
        }
        fork::set_running(true);
        let started = Self::start_parts(sources, hooks, callbacks);
        if started.is_err() {
            fork::set_running(false);
        }
        started
    }

    fn start_parts(
        sources: Sources,
        hooks: Hooks,
        callbacks: Callbacks,
    ) -> Result<Arc<Self>, Error> {
        let loaded = load(&sources)?;
        loaded.notices.iter().for_each(|text| notice(text));
        let mut config = loaded.config.clone();
        let mut hooks = if config.enabled {
            hooks
        } else {
            silence(&mut config)
        };
        let exports = Arc::new(Exports::start(&config, &mut hooks)?);
        tool::restart();
        call::configure(&config.calls);
        let metrics = Metrics::new(
            &config.metrics.buckets,
            cfg!(feature = "metrics") && config.metrics.enabled,
        );
        let detection = Detection::start(&config, callbacks, exports.note_writer())?;
        let mut sinks = exports.sinks(&config);
        sinks.extend(detection.sinks());
        let collector = Collector::start(metrics, sinks)
            .map_err(|why| Error::start("the collector's thread", why))?;
        let running = Arc::new(Self {
            sources,
            loaded: Mutex::new(loaded),
            open: Mutex::new(true),
            collector: Arc::new(collector),
            detection: Arc::new(detection),
            exports,
        });
        let started = running
            .exports
            .start_readers(&config, hooks, &running.source())
            .and_then(|()| running.watch(&config));
        if let Err(error) = started {
            running.stop(Instant::now());
            return Err(error);
        }
        *RUNNING.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&running));
        running.record(&config);
        Ok(running)
    }

    /// What readers of metrics ask.
    fn source(&self) -> Source {
        let collector = Arc::clone(&self.collector);
        let detection = Arc::clone(&self.detection);
        let exports = Arc::downgrade(&self.exports);
        Arc::new(move || {
            // So that a scrape shows the calls before it. What is late is there the next time.
            collector.drain(deadline(Duration::from_millis(200)));
            let mut snapshot = collector.read(Metrics::snapshot);
            detection.fill(&mut snapshot);
            let mut health = Health {
                drift: detection.health(),
                store: detection.store_health(),
                ..Health::of_calls()
            };
            if let Some(exports) = exports.upgrade() {
                exports.health(&mut health);
            }
            (snapshot, points::of(&health))
        })
    }

    #[cfg(feature = "yaml")]
    fn watch(self: &Arc<Self>, config: &Config) -> Result<(), Error> {
        match &self.loaded().file {
            Some(file) if config.watch => super::watch::start(file.clone(), Arc::downgrade(self))
                .map_err(|why| Error::start("the thread that watches the file", why)),
            _ => Ok(()),
        }
    }

    #[cfg(not(feature = "yaml"))]
    fn watch(&self, _config: &Config) -> Result<(), Error> {
        Ok(())
    }

    /// From now on calls are recorded as the configuration says. Not any more after shutdown:
    /// the file may change at that very moment.
    fn record(&self, config: &Config) {
        let open = lock(&self.open);
        if *open && config.enabled {
            let spans = self.exports.sends_spans();
            // A span that is never sent is nobody's parent.
            let context = spans && config.calls.otel_context;
            State::running(spans, self.exports.logs_calls(), context, config.calls.keep).set();
        }
    }

    /// Everything recorded so far is handed on and, by the deadline, taken.
    pub(crate) fn flush(&self, timeout: Duration) -> Report {
        if is_child() {
            return Report::nothing();
        }
        let deadline = deadline(timeout);
        let collected = self.analysed(deadline);
        self.report(self.exports.flush(deadline) && collected)
    }

    /// Nothing is recorded any more; what was is handed on.
    pub(crate) fn shutdown(&self, timeout: Duration) -> Report {
        if is_child() {
            return Report::nothing();
        }
        let mut open = lock(&self.open);
        *open = false;
        State::default().set();
        drop(open);
        let report = self.stop(deadline(timeout));
        let mut place = RUNNING.write().unwrap_or_else(PoisonError::into_inner);
        if place
            .as_ref()
            .is_some_and(|running| std::ptr::eq(&raw const **running, self))
        {
            *place = None;
            fork::set_running(false);
        }
        report
    }

    fn stop(&self, deadline: Instant) -> Report {
        let grace = deadline.max(Instant::now() + GRACE);
        let collected = self.collector.stop(grace);
        // Before the exporters, which send what is found now.
        let analysed = self.detection.stop(grace);
        self.report(self.exports.shutdown(deadline) && collected && analysed)
    }

    fn report(&self, in_time: bool) -> Report {
        self.exports.report(in_time)
    }

    pub(crate) fn shutdown_timeout(&self) -> Duration {
        self.loaded().config.shutdown_timeout
    }

    pub(crate) fn effective(&self) -> String {
        self.loaded().effective.to_string()
    }

    /// Reads the configuration again; what can be changed while running is.
    pub(crate) fn reload(&self) -> Result<Differences, Error> {
        if is_child() {
            return Err(forked());
        }
        let new = load(&self.sources)?;
        let mut loaded = self.loaded();
        let differences = loaded.effective.differences(&new.effective);
        if !differences.applied.is_empty() {
            loaded.config.calls.reload(new.config.calls);
            loaded.effective.reload(new.effective);
            loaded.config.drift.reload(new.config.drift);
            call::configure(&loaded.config.calls);
            self.exports.reload(&loaded.config);
            self.detection.configure(&loaded.config)?;
            self.record(&loaded.config);
        }
        Ok(differences)
    }

    pub(crate) fn health(&self) -> Health {
        if is_child() {
            return Health::default();
        }
        let mut health = Health {
            running: true,
            drift: self.detection.health(),
            store: self.detection.store_health(),
            ..Health::of_calls()
        };
        self.exports.health(&mut health);
        health
    }

    /// Of all calls that have ended before this one began.
    pub(crate) fn statistics(&self) -> Vec<ToolStatistics> {
        self.collector.drain(deadline(COLLECTED));
        self.collector.read(Metrics::statistics)
    }

    /// All calls that have ended before are handed on, analysed and stored; `false` where that took too
    /// long.
    fn analysed(&self, deadline: Instant) -> bool {
        self.collector.flush(deadline) && self.detection.flush(deadline)
    }

    /// What watches the tools, behind all calls that have ended before.
    #[cfg(feature = "drift")]
    pub(crate) fn detection(&self, deadline: Instant) -> &Detection {
        self.collector.flush(deadline);
        &self.detection
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        lock(&self.loaded)
    }
}

/// What a child is told: see [`fork`].
fn forked() -> Error {
    Error::start(
        "telemetry",
        "this process was forked from one in which it runs; fork first, and start it in the children",
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Health {
    /// What does not depend on destinations.
    fn of_calls() -> Self {
        Self {
            tools: tool::known(0).len() as u64,
            calls_over_max_tools: tool::over_limit(),
            calling_threads: crate::collector::threads(),
            calls_queue_bytes: call::ring::bytes_in_use(),
            long_calls: crate::collector::long_calls(),
            long_calls_seen: crate::collector::told(),
            attributes_dropped: crate::collector::left_out(),
            call_logs_suppressed: crate::logs::suppressed(),
            ..Self::default()
        }
    }
}

/// `enabled: false`: nothing is started that sends.
fn silence(config: &mut Config) -> Hooks {
    config.traces.exporters.clear();
    config.metrics.exporters.clear();
    config.logs.exporters.clear();
    config.drift.enabled = false;
    config.store.kind = StoreKind::None;
    config.sdk_providers = false;
    Hooks::none()
}

/// A timeout without end is a year.
fn deadline(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(Duration::from_secs(365 * 24 * 3600))
}
