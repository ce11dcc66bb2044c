//! A destination as those see it who have batches for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::pace::Pace;
use super::spill::Spill;
use super::tally::Tally;
use super::worker::Worker;
use super::{Batch, Exporter, Signal, thread};
use crate::config::{self, Queue};
use crate::error::Error;

/// Where batches of one signal go. Dropped without [`shutdown`](Self::shutdown), it forgets what waits.
pub(crate) struct Destination {
    worker: Arc<Worker>,
}

impl Destination {
    /// Starts the thread; `make` runs on it, and its error is this one's. `name` is what notices
    /// and the thread are called by, such as `otlp`.
    pub(crate) fn start(
        name: &'static str,
        signal: Signal,
        make: impl FnOnce() -> Result<Box<dyn Exporter>, Error> + Send + 'static,
        queue: Queue,
        tally: Arc<Tally>,
    ) -> Result<Self, Error> {
        Self::start_at(Pace::default(), name, signal, make, queue, None, tally)
    }

    /// The same with a file for what has no room.
    pub(crate) fn start_with_spill(
        name: &'static str,
        signal: Signal,
        make: impl FnOnce() -> Result<Box<dyn Exporter>, Error> + Send + 'static,
        queue: Queue,
        spill: &config::Spill,
        tally: Arc<Tally>,
    ) -> Result<Self, Error> {
        let spill = Some(Spill::open(spill, name)?);
        Self::start_at(Pace::default(), name, signal, make, queue, spill, tally)
    }

    pub(super) fn start_at(
        pace: Pace,
        name: &'static str,
        signal: Signal,
        make: impl FnOnce() -> Result<Box<dyn Exporter>, Error> + Send + 'static,
        queue: Queue,
        spill: Option<Spill>,
        tally: Arc<Tally>,
    ) -> Result<Self, Error> {
        let spills = spill.is_some();
        let worker = Arc::new(Worker::new(name, signal, pace, queue, spill, tally));
        let (made, outcome) = mpsc::sync_channel(1);
        let theirs = Arc::clone(&worker);
        thread::spawn(name, move || {
            let over = Over(theirs);
            match catch_unwind(AssertUnwindSafe(make)) {
                Ok(Ok(exporter)) => {
                    let _ = made.send(Ok(()));
                    over.0.run(exporter);
                }
                Ok(Err(error)) => drop(made.send(Err(error))),
                Err(_) => drop(made.send(Err(Error::start(name, "its constructor panicked")))),
            }
        })
        .map_err(|error| Error::start(name, error))?;
        outcome
            .recv()
            .unwrap_or_else(|_| Err(Error::start(name, "its thread ended")))?;
        if spills {
            let theirs = Arc::clone(&worker);
            thread::spawn("spill", move || theirs.run_spill())
                .map_err(|error| Error::start(name, error))?;
        }
        Ok(Self { worker })
    }

    /// Hands a batch over. Never waits for the backend; what has no room is dropped and counted. Only
    /// lines that may wait for room (`block`) do so, for no longer than `patience`.
    pub(crate) fn push_within(&self, batch: Arc<Batch>, patience: Duration) {
        self.worker.push(batch, patience);
    }

    /// The same, as long as it takes.
    #[cfg(test)]
    pub(crate) fn push(&self, batch: Arc<Batch>) {
        self.push_within(batch, Duration::MAX);
    }

    /// Waits until everything pushed before is delivered or finally lost, and written out by the
    /// exporter. A waiting retry is made at once. `false`: the deadline came first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.worker.flush(deadline)
    }

    /// Tries once more what waits, counts the rest as dropped, and ends the thread, or lets go of
    /// it where the backend hangs. `false`: the deadline came first.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        self.worker.shutdown(deadline)
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        self.worker.shutdown(Instant::now());
    }
}

/// Says that the thread has ended, however it did.
struct Over(Arc<Worker>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.ended();
    }
}

#[cfg(test)]
mod tests;
