//! A destination's queue and the thread that empties it: retry, flush, an end in time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::held::Held;
use super::news::News;
use super::pace::Pace;
use super::queue::{Next, Queue, Waiting};
use super::spill::Spill;
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
    /// Where batches wait that have no room, or a backend that fails.
    spill: Option<Spill>,
    state: Mutex<State>,
    /// Something for the thread to do.
    work: Condvar,
    /// Something to be put into the file.
    full: Condvar,
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
    /// While closing: the backend fails, and what waits is kept in the file.
    given_up: bool,
    /// The file takes nothing before this.
    full_until: Option<Instant>,
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
    fn new(news: News, limits: config::Queue, left: u64) -> Self {
        Self {
            queue: Queue::new(limits, left),
            retry_at: None,
            failures_in_a_row: 0,
            news,
            flush: Flush::default(),
            closing: None,
            closed: false,
            left: 0,
            given_up: false,
            full_until: None,
            over: false,
            abandoned: false,
        }
    }
}

/// What the thread does next.
enum Work {
    Send(Waiting, Instant),
    /// The oldest of the file.
    SendSpilled(Instant),
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
        spill: Option<Spill>,
        tally: Arc<Tally>,
    ) -> Self {
        let (batches, items, bytes) = spill.as_ref().map_or((0, 0, 0), Spill::holds);
        tally.recovered(items);
        tally.spilled(bytes, items);
        let state = State::new(News::new(name, signal), limits, batches);
        Self {
            pace,
            tally,
            spill,
            state: Mutex::new(state),
            work: Condvar::new(),
            full: Condvar::new(),
            done: Condvar::new(),
        }
    }

    /// Takes a batch in. Waits for room only where `block` says so, only with lines, and no longer
    /// than `patience`.
    pub(super) fn push(&self, batch: Arc<Batch>, patience: Duration) {
        let held = Arc::new(Held::new(batch));
        let mut state = self.lock();
        if state.queue.overflow() == Overflow::Block && held.lane == Lane::Lines {
            let full = |state: &mut State| {
                state.closing.is_none() && !state.over && !state.queue.has_room(&held)
            };
            state = self
                .done
                .wait_timeout_while(state, patience, full)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        if state.closing.is_some() || state.over {
            self.tally.dropped(Cause::Shutdown, held.items);
            return;
        }
        let dropped = state.queue.push(held);
        if dropped > 0 {
            self.tally.dropped(Cause::QueueFull, dropped);
        }
        self.changed(&state);
        self.work.notify_one();
        self.full.notify_one();
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
        self.full.notify_one();
        self.done.notify_all();
        let mut state = self.wait(state, deadline, |state| state.over);
        state.abandoned = true;
        self.full.notify_one();
        let left = self.keep(&mut state.queue);
        self.tally.dropped(Cause::Shutdown, left);
        state.left += left;
        self.changed(&state);
        state.left == 0 && state.over
    }

    /// Puts all that is left into the file, and lets go of it. Gives the number of items for which there is none, or
    /// no room in it.
    fn keep(&self, queue: &mut Queue) -> u64 {
        let left = queue.drain();
        let Some(spill) = &self.spill else {
            return left.iter().map(|waiting| waiting.held.items).sum();
        };
        let kept = |waiting: &Waiting| spill.push(&waiting.held, queue.goes_first(waiting)).is_ok();
        let lost = left.iter().filter(|waiting| !kept(waiting));
        let lost = lost.map(|waiting| waiting.held.items).sum();
        self.count_spilled(spill);
        spill.close();
        lost
    }

    /// The thread is no more.
    pub(super) fn ended(&self) {
        self.lock().over = true;
        self.done.notify_all();
        self.full.notify_one();
    }

    /// The thread, to its end.
    pub(super) fn run(&self, mut exporter: Box<dyn Exporter>) {
        loop {
            match self.next() {
                Work::Send(waiting, deadline) => {
                    let outcome = attempt(&mut *exporter, &waiting.held, deadline);
                    self.finish(waiting.held.items, waiting.first_try, outcome);
                }
                Work::SendSpilled(deadline) => self.send_spilled(&mut *exporter, deadline),
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
                let left = deadline.saturating_duration_since(now);
                if state.queue.is_moving() && !left.is_zero() && !state.abandoned {
                    let waited = self.work.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    continue;
                }
                return self.next_at_the_end(&mut state, now, deadline);
            }
            if state.flush.asked > state.flush.made && state.queue.is_past(state.flush.until) {
                return Work::Flush(state.flush.asked, state.flush.deadline.unwrap_or(now));
            }
            let not_before = state.retry_at.filter(|at| *at > now);
            state = match not_before {
                None => match state.queue.take() {
                    Some(next) => return work(next, now, now + self.pace.give_up),
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
        if !state.given_up
            && let Some(next) = state.queue.take()
        {
            return work(next, now, deadline);
        }
        if state.closed {
            return Work::Stop;
        }
        state.closed = true;
        Work::Flush(state.flush.asked, deadline)
    }

    /// Counts how an attempt ended, and puts back what is to be tried again.
    fn finish(&self, items: u64, first_try: Option<Instant>, outcome: Outcome) {
        let mut state = self.lock();
        if state.abandoned {
            return;
        }
        let news = match outcome {
            Outcome::Accepted(accepted) => {
                let rejected = accepted.rejected.min(items);
                self.tally.delivered(items - rejected);
                self.tally.dropped(Cause::Rejected, rejected);
                if let Some(message) = accepted.message {
                    self.tally.complained(&message);
                }
                self.tally.changed(&accepted.changed);
                state.failures_in_a_row = 0;
                state.queue.sent();
                state.news.arrived()
            }
            Outcome::Refused(Refused::Lost { why }) => {
                state.failures_in_a_row = 0;
                self.lose(&mut state, Cause::Refused, items);
                self.tally.failed(&why);
                state.news.refused(&why)
            }
            Outcome::Panicked => {
                self.lose(&mut state, Cause::Panic, items);
                self.failed(&mut state, "the exporter panicked")
            }
            Outcome::Refused(Refused::Retry { after, why }) => {
                self.retry(&mut state, items, first_try, after);
                self.failed(&mut state, &why)
            }
        };
        self.changed(&state);
        drop(state);
        self.done.notify_all();
        self.full.notify_one();
        if let Some(news) = news {
            notice(&news);
        }
    }

    fn retry(
        &self,
        state: &mut State,
        items: u64,
        first_try: Option<Instant>,
        after: Option<Duration>,
    ) {
        let now = Instant::now();
        // A file is there to wait as long as it takes.
        let first_try = first_try.filter(|_| self.spill.is_none());
        let age = first_try.map_or(Duration::ZERO, |first| now - first);
        state.failures_in_a_row += 1;
        if state.closing.is_some() && self.spill.is_some() {
            state.given_up = true;
            return state.queue.put_back(None);
        }
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
                state.queue.put_back(first_try);
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

    /// Sends the oldest of the file. It stays there until its fate is known.
    fn send_spilled(&self, exporter: &mut dyn Exporter, deadline: Instant) {
        let Some(spill) = &self.spill else { return };
        match spill.front() {
            Ok(Some(held)) => {
                let outcome = attempt(exporter, &held, deadline);
                if !matches!(outcome, Outcome::Refused(Refused::Retry { .. })) {
                    spill.pop_front(&held);
                    self.count_spilled(spill);
                }
                self.finish(held.items, None, outcome);
            }
            Ok(None) => self.forget_spilled(u64::MAX, 0),
            Err((batches, items)) => {
                self.count_spilled(spill);
                self.forget_spilled(batches, items);
            }
        }
    }

    /// What was in the file is not there any more.
    fn forget_spilled(&self, batches: u64, items: u64) {
        let mut state = self.lock();
        state.queue.forget_spilled(batches);
        self.tally.dropped(Cause::Damaged, items);
        self.changed(&state);
        drop(state);
        self.done.notify_all();
        if items > 0 {
            notice(&format!(
                "logs: {items} lines in the spill file were damaged"
            ));
        }
    }

    /// The thread that puts into the file what has no room, or waits for a backend that fails.
    pub(super) fn run_spill(&self) {
        let Some(spill) = &self.spill else { return };
        while let Some((waiting, first)) = self.next_to_spill() {
            let kept = spill.push(&waiting.held, first);
            self.count_spilled(spill);
            let mut state = self.lock();
            let news = match kept {
                Ok(()) => {
                    state.queue.moved();
                    None
                }
                Err(_) if state.abandoned => {
                    self.tally.dropped(Cause::Shutdown, waiting.held.items);
                    None
                }
                Err(error) => {
                    let why = format!("logs_spill_file: {error}");
                    state.full_until = Some(Instant::now() + self.pace.shortest);
                    state.queue.not_moved(waiting);
                    self.tally.complained(&why);
                    state.news.full(&why)
                }
            };
            self.changed(&state);
            drop(state);
            self.work.notify_one();
            if let Some(news) = news {
                notice(&news);
            }
        }
    }

    fn count_spilled(&self, spill: &Spill) {
        let (_, items, bytes) = spill.holds();
        self.tally.spilled(bytes, items);
    }

    /// What is to be put into the file, and whether before all that is there. `None`: the end.
    fn next_to_spill(&self) -> Option<(Waiting, bool)> {
        let mut state = self.lock();
        loop {
            if state.abandoned || state.over {
                return None;
            }
            let now = Instant::now();
            let full = state.full_until.filter(|until| *until > now);
            let failing = state.failures_in_a_row > 0;
            let wanted = failing || state.queue.is_filling();
            if wanted
                && full.is_none()
                && let Some(waiting) = state.queue.move_oldest()
            {
                let first = state.queue.goes_first(&waiting);
                return Some((waiting, first));
            }
            state = match full {
                Some(until) => {
                    self.full
                        .wait_timeout(state, until - now)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .full
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
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

fn work(next: Next, now: Instant, deadline: Instant) -> Work {
    match next {
        Next::Here(mut waiting) => {
            waiting.first_try.get_or_insert(now);
            Work::Send(waiting, deadline)
        }
        Next::Spilled => Work::SendSpilled(deadline),
    }
}

fn attempt(exporter: &mut dyn Exporter, held: &Held, deadline: Instant) -> Outcome {
    let export = AssertUnwindSafe(|| match held.batch() {
        Some(batch) => exporter.export(&batch, deadline),
        None => Err(Refused::Lost {
            why: "the batch cannot be unpacked".to_owned(),
        }),
    });
    match catch_unwind(export) {
        Ok(Ok(accepted)) => Outcome::Accepted(accepted),
        Ok(Err(refused)) => Outcome::Refused(refused),
        Err(_) => Outcome::Panicked,
    }
}
