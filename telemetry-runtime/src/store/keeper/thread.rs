//! What the store's thread does.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{Habits, Open, Shared, Watched};
use crate::notice::notice;
use crate::store::error::Kind;
use crate::store::{Batch, EventQuery, Mark, Selection, Store, StoreError, Writer, start_from};

/// Events in one batch.
const MOST_A_BATCH: usize = 500;
/// Events of earlier processes that a report shows.
const MOST_BEFORE: usize = 1000;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The thread's own state.
pub(super) struct Work {
    shared: Arc<Shared>,
    open: Open,
    writer: Writer,
    habits: Habits,
    watched: Arc<dyn Watched>,
    store: Option<Box<dyn Store>>,
    loaded: bool,
    /// Handed to the store, and not known to have been taken.
    pending: Option<Batch>,
    next_number: u64,
    seen: i64,
    /// Tools about which others have decided since the last growth: that they have a new normal
    /// now is no decision of this process, and nothing to replace.
    told: HashSet<String>,
    failures_in_a_row: u32,
    news: News,
    next_growth: Instant,
    next_prune: Instant,
}

/// Whether a failure, and that it has passed, were told to a person.
#[derive(PartialEq)]
enum News {
    Nothing,
    Failing,
}

impl Work {
    pub(super) fn new(
        shared: Arc<Shared>,
        open: Open,
        writer: Writer,
        habits: Habits,
        watched: Arc<dyn Watched>,
    ) -> Self {
        let now = Instant::now();
        Self {
            shared,
            open,
            writer,
            next_growth: now + habits.interval,
            next_prune: now,
            habits,
            watched,
            store: None,
            loaded: false,
            pending: None,
            next_number: 1,
            seen: 0,
            told: HashSet::new(),
            failures_in_a_row: 0,
            news: News::Nothing,
        }
    }

    pub(super) fn run(mut self) {
        let mut wait = Duration::ZERO;
        loop {
            let (asked, stop) = self.sleep(wait);
            let outcome = catch_unwind(AssertUnwindSafe(|| self.work(asked.is_some())))
                .unwrap_or_else(|_| Err(StoreError::unavailable("the store panicked")));
            let mut growth_left = 0;
            wait = match outcome {
                Ok(()) => self.succeeded(),
                Err(error) => {
                    if stop {
                        growth_left = self.growth_left();
                    }
                    self.failed(&error)
                }
            };
            let mut state = self.shared.state();
            state.health.growth_dropped += growth_left;
            if let Some(asked) = asked {
                state.answered = asked;
            }
            if stop {
                state.ended = true;
            }
            drop(state);
            self.shared.done.notify_all();
            if stop {
                return;
            }
        }
    }

    /// Until there is something to do. Gives the last flush asked for, if it is new, and whether
    /// this is the end. After a failure `wait` has to pass first, but not for a flush.
    fn sleep(&self, wait: Duration) -> (Option<u64>, bool) {
        let failing = self.failures_in_a_row > 0;
        let state = self.shared.state();
        let (state, _) = self
            .shared
            .work
            .wait_timeout_while(state, wait, |state| {
                let events = state.buffer.has_waiting() && !failing;
                let clear = !state.clear.is_empty() && !failing;
                !(state.stop || state.asked > state.answered || events || clear)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let asked = (state.asked > state.answered).then_some(state.asked);
        (asked, state.stop)
    }

    fn work(&mut self, flush: bool) -> Result<(), StoreError> {
        let mut store = match self.store.take() {
            Some(store) => store,
            None => (self.open)()?,
        };
        // Put back only where nothing fails: after an error a connection is of no use.
        self.with(&mut *store, flush)?;
        self.store = Some(store);
        Ok(())
    }

    fn with(&mut self, store: &mut dyn Store, flush: bool) -> Result<(), StoreError> {
        if !self.loaded {
            self.load(store)?;
        }
        self.clear(store)?;
        let mut all = flush || Instant::now() >= self.next_growth;
        loop {
            if self.pending.is_none() {
                self.pending = self.batch(all);
                all = false;
            }
            let Some(batch) = &self.pending else { break };
            let marks = match store.write(batch) {
                Err(error) if error.kind() == Kind::Unfit => {
                    // It would be refused for ever, and all that follows would wait behind it.
                    let (events, growth) = (batch.events.len(), batch.growth.len());
                    let mut state = self.shared.state();
                    state.health.events_dropped += events as u64;
                    state.health.growth_dropped += growth as u64;
                    drop(state);
                    self.forget_batch();
                    return Err(error);
                }
                other => other?,
            };
            self.written(marks);
        }
        if Instant::now() >= self.next_prune {
            self.next_prune = Instant::now() + DAY;
            if let Some(retention) = self.habits.retention
                && let Some(before) = SystemTime::now().checked_sub(retention)
            {
                store.prune(before)?;
            }
        }
        Ok(())
    }

    fn load(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        let ours = Selection::default()
            .service(&*self.writer.service)
            .environment(&*self.writer.environment);
        // First: what is decided after this is told with the first batch.
        self.seen = store.last_mark()?;
        let baselines = store.baselines(&ours)?;
        let events = store.events(&EventQuery::new(ours).limit(MOST_BEFORE))?;
        for why in baselines.unreadable.iter().chain(&events.unreadable) {
            notice(&format!(
                "store {}: {why}; it is left as it is",
                store.place()
            ));
        }
        let events = events.rows.into_iter().map(|stored| stored.event).collect();
        let baselines = start_from(baselines.rows, &self.writer.version);
        self.watched.start_from(baselines, events);
        self.loaded = true;
        self.shared.state().loaded = true;
        self.shared.done.notify_all();
        Ok(())
    }

    fn clear(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        loop {
            let Some(tool) = self.shared.state().clear.first().cloned() else {
                return Ok(());
            };
            let mut events = Selection::default()
                .service(&*self.writer.service)
                .environment(&*self.writer.environment);
            events.tool = tool;
            store.clear_events(&events)?;
            self.shared.state().clear.remove(0);
        }
    }

    /// The next batch; `None` where there is nothing to say. With `growth` there is one in any case:
    /// it asks what others have decided.
    fn batch(&mut self, growth: bool) -> Option<Batch> {
        let events = self.shared.state().buffer.take(MOST_A_BATCH);
        if events.is_empty() && !growth {
            return None;
        }
        let mut learned = Vec::new();
        if growth {
            self.next_growth = Instant::now() + self.habits.interval;
            learned = self.watched.growth();
            for growth in &mut learned {
                growth.replace &= !self.told.contains(&growth.tool);
            }
            self.told.clear();
        }
        let number = self.next_number;
        self.next_number += 1;
        Some(Batch {
            writer: self.writer.clone(),
            number,
            growth: learned,
            events,
            seen: self.seen,
        })
    }

    fn written(&mut self, marks: Vec<Mark>) {
        let events = self.pending.as_ref().map_or(0, |batch| batch.events.len());
        self.forget_batch();
        let mut state = self.shared.state();
        state.health.events_written += events as u64;
        state.health.last_written = Some(SystemTime::now());
        drop(state);
        for mark in marks {
            self.seen = self.seen.max(mark.id);
            self.watched.decided(&mark.tool, mark.decision);
            self.told.insert(mark.tool);
        }
    }

    /// What was learned and is not stored: in the batch that was not taken, and since.
    fn growth_left(&self) -> u64 {
        let pending = self.pending.as_ref().map_or(0, |batch| batch.growth.len());
        (pending + self.watched.growth().len()) as u64
    }

    fn forget_batch(&mut self) {
        self.pending = None;
        self.shared.state().buffer.written();
    }

    fn succeeded(&mut self) -> Duration {
        self.failures_in_a_row = 0;
        if self.news == News::Failing {
            self.news = News::Nothing;
            notice(&format!("store {}: it is there now", self.shared.name));
        }
        let now = Instant::now();
        self.next_growth
            .saturating_duration_since(now)
            .min(self.next_prune.saturating_duration_since(now))
    }

    fn failed(&mut self, error: &StoreError) -> Duration {
        self.shared.state().failed(&error.to_string());
        self.shared.done.notify_all();
        self.failures_in_a_row += 1;
        if self.news == News::Nothing {
            self.news = News::Failing;
            notice(&format!(
                "store {}: {error}; drift is watched in memory meanwhile, and events wait (further failures are counted, not printed)",
                self.shared.name
            ));
        }
        let doubled = self
            .habits
            .shortest_wait
            .saturating_mul(1 << self.failures_in_a_row.min(16).saturating_sub(1));
        // All processes have lost the same server at the same moment.
        doubled
            .min(LONGEST_WAIT)
            .mul_f64(0.5 + 0.5 * fastrand::f64())
    }
}
