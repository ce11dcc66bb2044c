//! One signal's destinations, from what the configuration names.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::{Queue, Spill};
use crate::error::Error;
use crate::export::{Batch, Cause, Destination, Exporter, Signal, Tally};
use crate::health::{DestinationHealth, LastError};
use crate::report::SignalReport;

/// All destinations of a signal. A batch goes to each of them.
pub(crate) struct Queues {
    signal: Signal,
    all: RwLock<Vec<Named>>,
    /// Items handed to the queues, by all who make batches.
    handed: AtomicU64,
    /// An exporter that has no queue here, and what became of what it was given.
    elsewhere: RwLock<Option<(&'static str, Arc<Tally>)>>,
}

struct Named {
    name: &'static str,
    tally: Arc<Tally>,
    destination: Destination,
}

impl Queues {
    pub(crate) fn new(signal: Signal) -> Self {
        Self {
            signal,
            all: RwLock::default(),
            handed: AtomicU64::new(0),
            elsewhere: RwLock::default(),
        }
    }

    /// Starts one more destination; `make` runs on its thread.
    pub(crate) fn start(
        &self,
        name: &'static str,
        queue: Queue,
        make: impl FnOnce() -> Result<Box<dyn Exporter>, Error> + Send + 'static,
    ) -> Result<(), Error> {
        self.add(name, |tally| {
            Destination::start(name, self.signal, make, queue, tally)
        })
    }

    /// The same with a file for what has no room.
    pub(crate) fn start_with_spill(
        &self,
        name: &'static str,
        queue: Queue,
        spill: &Spill,
        make: impl FnOnce() -> Result<Box<dyn Exporter>, Error> + Send + 'static,
    ) -> Result<(), Error> {
        self.add(name, |tally| {
            Destination::start_with_spill(name, self.signal, make, queue, spill, tally)
        })
    }

    fn add(
        &self,
        name: &'static str,
        start: impl FnOnce(Arc<Tally>) -> Result<Destination, Error>,
    ) -> Result<(), Error> {
        let tally = Arc::new(Tally::default());
        let destination = start(Arc::clone(&tally))?;
        self.all
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Named {
                name,
                tally,
                destination,
            });
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with(|all| all.is_empty())
    }

    /// Hands a batch to each destination. Never waits for one.
    pub(crate) fn push(&self, batch: &Arc<Batch>) {
        self.push_within(batch, Duration::MAX);
    }

    /// The same with lines that may wait for room. Where there are several destinations one that
    /// takes nothing keeps a batch from the others for `patience` at most, and loses it then; one
    /// alone is waited for.
    pub(crate) fn push_within(&self, batch: &Arc<Batch>, patience: Duration) {
        self.handed.fetch_add(batch.items, Relaxed);
        self.with(|all| {
            let patience = if all.len() > 1 {
                patience
            } else {
                Duration::MAX
            };
            for named in all {
                let batch = Arc::clone(batch);
                named.destination.push_within(batch, patience);
            }
        });
    }

    /// Waits for all of them, side by side.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.with(|all| each(all, |named| named.destination.flush(deadline)))
    }

    /// What was sent before the deadline is; the rest is counted.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        self.with(|all| each(all, |named| named.destination.shutdown(deadline)))
    }

    /// Counts for an exporter that is handed its items by others.
    #[cfg(feature = "opentelemetry-otlp")]
    pub(crate) fn add_elsewhere(&self, name: &'static str) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        let mut elsewhere = self
            .elsewhere
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *elsewhere = Some((name, Arc::clone(&tally)));
        tally
    }

    fn elsewhere(&self) -> Option<(&'static str, Arc<Tally>)> {
        let elsewhere = self.elsewhere.read();
        elsewhere.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn report(&self) -> SignalReport {
        let handed = self.handed.load(Relaxed);
        let none = self.elsewhere().map(|(_, tally)| {
            let counts = tally.counts();
            SignalReport {
                delivered: counts.delivered,
                dropped: counts.dropped_total(),
                failed: counts.failures,
                ..SignalReport::default()
            }
        });
        self.with(|all| {
            all.iter().fold(none.unwrap_or_default(), |mut sum, named| {
                let counts = named.tally.counts();
                sum.delivered += counts.delivered;
                sum.dropped += counts.dropped_total();
                let handed = handed + counts.recovered;
                sum.waiting += handed.saturating_sub(counts.delivered + counts.dropped_total());
                sum.failed += counts.failures;
                sum
            })
        })
    }

    pub(crate) fn health(&self) -> Vec<DestinationHealth> {
        let elsewhere = self.elsewhere();
        let elsewhere = elsewhere.map(|(name, tally)| health(name, &tally, self.signal));
        let here = |named: &Named| health(named.name, &named.tally, self.signal);
        self.with(|all| all.iter().map(here).chain(elsewhere).collect())
    }

    fn with<T>(&self, use_them: impl FnOnce(&[Named]) -> T) -> T {
        use_them(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn health(name: &str, tally: &Tally, signal: Signal) -> DestinationHealth {
    let counts = tally.counts();
    let dropped = Cause::ALL.map(|cause| (cause.as_str(), counts.dropped(cause)));
    DestinationHealth {
        name: name.to_owned(),
        signal: signal.as_str(),
        delivered: counts.delivered,
        dropped: dropped
            .into_iter()
            .filter(|(_, items)| *items > 0)
            .collect(),
        failures: counts.failures,
        queue_bytes: counts.queue_bytes,
        queue_batches: counts.queue_batches,
        spilled: counts.spilled_items,
        spilled_bytes: counts.spilled_bytes,
        changed: counts.changed(),
        last_error: counts.last_error.map(|last| LastError {
            text: last.text,
            at: last.at,
        }),
    }
}

/// Whether `wait` was true of each; they wait at the same time.
fn each(all: &[Named], wait: impl Fn(&Named) -> bool + Sync) -> bool {
    let wait = &wait;
    thread::scope(|scope| {
        let others: Vec<_> = all
            .iter()
            .skip(1)
            .map(|named| {
                thread::Builder::new()
                    .spawn_scoped(scope, move || wait(named))
                    .map_err(|_| named)
            })
            .collect();
        let first = all.first().is_none_or(wait);
        others.into_iter().fold(first, |all, other| {
            // Without a thread to be had they wait one after the other.
            let done = other.map_or_else(wait, |thread| thread.join().unwrap_or(false));
            done && all
        })
    })
}
