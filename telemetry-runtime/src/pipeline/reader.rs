//! The metrics' way out: read every so often, encoded once, handed to all destinations.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::exports::Outlets;
use super::queues::Queues;
use crate::config::Config;
use crate::error::Error;
use crate::export;
use crate::metrics::{HealthPoint, Snapshot};
use crate::otlp::metrics::MetricsEncoder;

/// What is read: the tools' numbers and this crate's own.
pub(crate) type Source = Arc<dyn Fn() -> (Snapshot, Vec<HealthPoint>) + Send + Sync>;

/// Exports the metrics every interval, on a thread of its own.
pub(crate) struct Reader {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    source: Source,
    queues: Arc<Queues>,
    encoder: Mutex<MetricsEncoder>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

impl Reader {
    pub(crate) fn start(config: &Config, outlets: &Outlets, source: Source) -> Result<Self, Error> {
        let encoder =
            MetricsEncoder::new(&outlets.resource, &config.environment, config.metrics.delta);
        let shared = Arc::new(Shared {
            source,
            queues: Arc::clone(&outlets.metrics),
            encoder: Mutex::new(encoder),
            stopped: Mutex::default(),
            stop: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let interval = config.metrics.interval;
        let thread = export::spawn("metrics", move || theirs.run(interval))
            .map_err(|why| Error::start("the thread that exports metrics", why))?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Exports what there is now, beside the intervals.
    pub(crate) fn export(&self) {
        self.shared.export();
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        *self
            .shared
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.stop.notify_all();
        if let Some(thread) = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self, interval: Duration) {
        let mut next = Instant::now() + interval;
        while self.wait_until(next) {
            self.export();
            // A process that was asleep for hours does not catch up.
            next = (next + interval).max(Instant::now() + interval / 2);
        }
    }

    /// `false` where it was stopped before.
    fn wait_until(&self, moment: Instant) -> bool {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stopped {
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            stopped = self
                .stop
                .wait_timeout(stopped, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        false
    }

    fn export(&self) {
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, health) = (self.source)();
        for batch in encoder.encode(&snapshot, &health) {
            self.queues.push(&Arc::new(batch));
        }
    }
}
