//! A destination's queue and the thread that empties it: retry, flush, an end in time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::news::News;
use super::pace::Pace;
use super::queue::{Queue, Waiting};
use super::tally::{Cause, Tally};
use super::{Accepted, Batch, Exporter, Lane, Refused, Signal};
use crate::config::{self, Overflow};
use crate::notice::notice;

/// Kept of the time for closing, to say how the last attempt ended.
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// Shared by the destination's handle and its thread.
pub(super) struct Worker {
    pace: Pace,
    tally: Arc<Tally>,
    state: Mutex<State>,
    /// Something for the thread to do.
    work: Condvar,
    /// Something for those who wait.
    done: Condvar,
}

struct State {
    queue: Queue,
    /// Not before this, after a failure.
    retry_at: Option<Instant>,
    failures_in_a_row: u32,
    news: News,
    flush: Flush,
    closing: Option<Instant>,
    /// The exporter's last flush was asked for.
    closed: bool,
    /// Items lost because the deadline of closing came.
    left: u64,
    /// The thread has ended.
    over: bool,
    /// Nobody waits for the thread any more: what it holds is counted.
    abandoned: bool,
}

/// Flushes asked for and made, as running numbers.
#[derive(Default)]
struct Flush {
    asked: u64,
    made: u64,
    /// What came before this number belongs to it.
    until: u64,
    deadline: Option<Instant>,
}

impl State {
    fn new(news: News, limits: config::Queue) -> Self {
        Self {
            queue: Queue::new(limits),
            retry_at: None,
            failures_in_a_row: 0,
            news,
            flush: Flush::default(),
            closing: None,
            closed: false,
            left: 0,
            over: false,
            abandoned: false,
        }
    }
}

/// What the thread does next.
enum Work {
    Send(Waiting, Instant),
    Flush(u64, Instant),
    Stop,
}

/// How one attempt ended.
enum Outcome {
    Accepted(Accepted),
    Refused(Refused),
    Panicked,
}

impl Worker {
    pub(super) fn new(
        name: &'static str,
        signal: Signal,
        pace: Pace,
        limits: config::Queue,
        tally: Arc<Tally>,
    ) -> Self {
        let state = Mutex::new(State::new(News::new(name, signal), limits));
        Self {
            pace,
            tally,
            state,
            work: Condvar::new(),
            done: Condvar::new(),
        }
    }

    /// Takes a batch in. Waits for room only where `block` says so, and only with lines.
    pub(super) fn push(&self, batch: Arc<Batch>) {
        let mut state = self.lock();
        if state.queue.overflow() == Overflow::Block && batch.lane == Lane::Lines {
            let full = |state: &mut State| {
                state.closing.is_none() && !state.over && !state.queue.has_room(&batch)
            };
            state = self
                .done
                .wait_while(state, full)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closing.is_some() || state.over {
            self.tally.dropped(Cause::Shutdown, batch.items);
            return;
        }
        let dropped = state.queue.push(batch);
        if dropped > 0 {
            self.tally.dropped(Cause::QueueFull, dropped);
        }
        self.changed(&state);
        self.work.notify_one();
    }

    pub(super) fn flush(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        state.flush.asked += 1;
        state.flush.until = state.queue.next_number();
        state.flush.deadline = Some(deadline);
        state.retry_at = None;
        self.work.notify_one();
        let mine = state.flush.asked;
        let flushed = |state: &State| state.flush.made >= mine || state.over;
        flushed(&self.wait(state, deadline, flushed))
    }

    pub(super) fn shutdown(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        state.closing = Some(
            state
                .closing
                .map_or(deadline, |earlier| earlier.min(deadline)),
        );
        self.work.notify_one();
        self.done.notify_all();
        let mut state = self.wait(state, deadline, |state| state.over);
        state.abandoned = true;
        let left = state.queue.clear();
        self.tally.dropped(Cause::Shutdown, left);
        state.left += left;
        self.changed(&state);
        state.left == 0 && state.over
    }

    /// The thread is no more.
    pub(super) fn ended(&self) {
        self.lock().over = true;
        self.done.notify_all();
    }

    /// The thread, to its end.
    pub(super) fn run(&self, mut exporter: Box<dyn Exporter>) {
        loop {
            match self.next() {
                Work::Send(waiting, deadline) => {
                    let export = AssertUnwindSafe(|| exporter.export(&waiting.batch, deadline));
                    let outcome = match catch_unwind(export) {
                        Ok(Ok(accepted)) => Outcome::Accepted(accepted),
                        Ok(Err(refused)) => Outcome::Refused(refused),
                        Err(_) => Outcome::Panicked,
                    };
                    self.finish(waiting, outcome);
                }
                Work::Flush(number, deadline) => {
                    let _ = catch_unwind(AssertUnwindSafe(|| exporter.flush(deadline)));
                    let mut state = self.lock();
                    state.flush.made = number;
                    drop(state);
                    self.done.notify_all();
                }
                Work::Stop => break,
            }
        }
        let _ = catch_unwind(AssertUnwindSafe(|| drop(exporter)));
    }

    /// Waits for something to do.
    fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if let Some(deadline) = state.closing {
                return self.next_at_the_end(&mut state, now, deadline);
            }
            if state.flush.asked > state.flush.made && state.queue.is_past(state.flush.until) {
                return Work::Flush(state.flush.asked, state.flush.deadline.unwrap_or(now));
            }
            let not_before = state.retry_at.filter(|at| *at > now);
            state = match not_before {
                None => match state.queue.take() {
                    Some(mut waiting) => {
                        waiting.first_try.get_or_insert(now);
                        return Work::Send(waiting, now + self.pace.give_up);
                    }
                    None => self
                        .work
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner),
                },
                Some(at) => {
                    self.work
                        .wait_timeout(state, at - now)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// One try for each batch, the exporter's last flush, the end.
    fn next_at_the_end(&self, state: &mut State, now: Instant, deadline: Instant) -> Work {
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() || state.abandoned {
            return Work::Stop;
        }
        // Time to come back and say how it ended, before nobody listens any more.
        let deadline = deadline - (left / 10).min(LAST_MOMENT);
        if let Some(waiting) = state.queue.take() {
            return Work::Send(waiting, deadline);
        }
        if state.closed {
            return Work::Stop;
        }
        state.closed = true;
        Work::Flush(state.flush.asked, deadline)
    }

    /// Counts how an attempt ended, and puts back what is to be tried again.
    fn finish(&self, waiting: Waiting, outcome: Outcome) {
        let mut state = self.lock();
        if state.abandoned {
            return;
        }
        let items = waiting.batch.items;
        let news = match outcome {
            Outcome::Accepted(accepted) => {
                let rejected = accepted.rejected.min(items);
                self.tally.delivered(items - rejected);
                self.tally.dropped(Cause::Rejected, rejected);
                if let Some(message) = accepted.message {
                    self.tally.complained(&message);
                }
                state.failures_in_a_row = 0;
                state.queue.sent();
                state.news.arrived()
            }
            Outcome::Refused(Refused::Lost { why }) => {
                state.failures_in_a_row = 0;
                self.lose(&mut state, Cause::Refused, items);
                self.failed(&mut state, &why)
            }
            Outcome::Panicked => {
                self.lose(&mut state, Cause::Panic, items);
                self.failed(&mut state, "the exporter panicked")
            }
            Outcome::Refused(Refused::Retry { after, why }) => {
                self.retry(&mut state, waiting, after);
                self.failed(&mut state, &why)
            }
        };
        self.changed(&state);
        drop(state);
        self.done.notify_all();
        if let Some(news) = news {
            notice(&news);
        }
    }

    fn retry(&self, state: &mut State, waiting: Waiting, after: Option<Duration>) {
        let items = waiting.batch.items;
        let now = Instant::now();
        let age = waiting
            .first_try
            .map_or(Duration::ZERO, |first| now - first);
        state.failures_in_a_row += 1;
        if let Some(deadline) = state.closing {
            if deadline.saturating_duration_since(now) <= LAST_MOMENT {
                state.left += items;
            }
            return self.lose(state, Cause::Shutdown, items);
        }
        match self.pace.wait(state.failures_in_a_row, after, age) {
            None => self.lose(state, Cause::Expired, items),
            Some(wait) => {
                state.retry_at = Some(now + wait);
                state.queue.put_back(waiting);
            }
        }
    }

    /// The batch being sent is no more.
    fn lose(&self, state: &mut State, cause: Cause, items: u64) {
        self.tally.dropped(cause, items);
        state.queue.sent();
    }

    fn failed(&self, state: &mut State, why: &str) -> Option<String> {
        self.tally.failed(why);
        state.news.failed(why)
    }

    fn changed(&self, state: &State) {
        self.tally
            .waiting(state.queue.bytes(), state.queue.batches());
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        deadline: Instant,
        until: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.done
            .wait_timeout_while(state, left, |state| !until(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
