//! The thread that hands lines on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::front::{FRONT, Limits, Work};
use crate::error::Error;
use crate::export::{self, Batch, Lane};
use crate::otlp::Resource;
use crate::otlp::logs::LogEncoder;

/// Held while a chunk is taken and handed on, so that chunks keep their order whoever does it.
static HAND: Mutex<Option<Hand>> = Mutex::new(None);

struct Hand {
    epoch: u64,
    encoder: LogEncoder,
    hand_on: Box<dyn Fn(Arc<Batch>) + Send>,
}

/// The program's own lines, being taken.
pub(crate) struct Lines {
    epoch: u64,
}

impl Lines {
    /// From now on lines are taken in and handed to `hand_on`, a batch at a time, at most `delay`
    /// after the first of them.
    pub(crate) fn start(
        resource: &Resource,
        limits: Limits,
        delay: Duration,
        hand_on: impl Fn(Arc<Batch>) + Send + 'static,
    ) -> Result<Self, Error> {
        let mut hand = lock();
        let epoch = FRONT.open(limits);
        *hand = Some(Hand {
            epoch,
            encoder: LogEncoder::new(resource, Lane::Lines),
            hand_on: Box::new(hand_on),
        });
        drop(hand);
        let lines = Self { epoch };
        export::spawn("lines", move || run(epoch, delay))
            .map_err(|why| Error::start("the thread that hands log lines on", why))?;
        Ok(lines)
    }

    /// Everything written before is in the destinations' queues.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        FRONT.flush(self.epoch, deadline)
    }

    /// The same, for the last time: lines that come later go nowhere.
    pub(crate) fn stop(&self, deadline: Instant) -> bool {
        FRONT.close(self.epoch);
        let in_time = FRONT.flush(self.epoch, deadline);
        FRONT.abandon(self.epoch);
        in_time
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        FRONT.close(self.epoch);
        FRONT.abandon(self.epoch);
    }
}

fn run(epoch: u64, delay: Duration) {
    loop {
        match FRONT.next(epoch, delay) {
            Work::HandOn => hand_on(epoch),
            Work::Flushed(number) => FRONT.flushed(number),
            Work::Stop => break,
        }
    }
    let mut hand = lock();
    if hand.as_ref().is_some_and(|hand| hand.epoch == epoch) {
        *hand = None;
    }
}

/// A writer that is ahead of the thread: hands one chunk on itself, rather than have lines dropped.
/// That is work, not waiting: no destination is asked.
#[cold]
pub(super) fn help() {
    let epoch = lock().as_ref().map(|hand| hand.epoch);
    if let Some(epoch) = epoch {
        hand_on(epoch);
    }
}

fn hand_on(epoch: u64) {
    let mut hand = lock();
    let Some(hand) = hand.as_mut().filter(|hand| hand.epoch == epoch) else {
        return;
    };
    let Some(chunk) = FRONT.take(epoch) else {
        return;
    };
    hand.encoder.extend(&chunk.encoded, chunk.lines);
    if let Some(batch) = hand.encoder.close() {
        (hand.hand_on)(batch);
    }
    FRONT.handed_on(epoch, chunk);
}

fn lock() -> MutexGuard<'static, Option<Hand>> {
    HAND.lock().unwrap_or_else(PoisonError::into_inner)
}
