//! The thread that keeps baselines and events: `telemetry-store`.
//!
//! All of a store's I/O is done there. The detector's side only puts events into a bounded buffer;
//! baselines are asked for by the thread when it is about to write. While the store is out of reach
//! events wait, growth waits in the detector, and the store is tried again, ever more rarely.

mod buffer;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
mod thread;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use super::{Decision, Start, Store, StoreError, Writer};
use crate::drift::{Event, Growth};
use crate::health::{LastError, StoreHealth};
use buffer::Buffer;
use thread::Work;

/// The detector, as a store sees it. Every call comes from the store's thread and is short.
pub(crate) trait Watched: Send + Sync {
    /// What was learned and seen before: when the store has been read for the first time,
    /// which may be long after the start.
    fn start_from(&self, baselines: Vec<Start>, events: Vec<Event>);

    /// What has been learned since the last call of this.
    fn growth(&self) -> Vec<Growth>;

    /// Somebody else has decided so.
    fn decided(&self, tool: &str, decision: Decision);
}

/// How a keeper goes about it.
pub(crate) struct Habits {
    /// From one write to the next, unless there is an event.
    pub(crate) interval: Duration,
    /// Events that may wait.
    pub(crate) most_events: usize,
    /// What is older is forgotten; `None`: nothing is.
    pub(crate) retention: Option<Duration>,
    /// The first wait after a failure; it doubles with each that follows, up to a minute.
    pub(crate) shortest_wait: Duration,
}

/// How a store is opened, again after each loss.
pub(crate) type Open = Box<dyn FnMut() -> Result<Box<dyn Store>, StoreError> + Send>;

/// A store's thread, running.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread and those who talk to it have in common. The lock is never held during I/O.
struct Shared {
    name: &'static str,
    state: Mutex<State>,
    /// Something for the thread to do.
    work: Condvar,
    /// Something that others may wait for.
    done: Condvar,
}

struct State {
    buffer: Buffer,
    /// Flushes, by number: the last that was asked for, and the last that was tried.
    asked: u64,
    answered: u64,
    /// Tools whose stored events are to be forgotten; `None`: all.
    clear: Vec<Option<String>>,
    stop: bool,
    ended: bool,
    loaded: bool,
    health: StoreHealth,
}

impl Keeper {
    pub(crate) fn start(
        name: &'static str,
        place: String,
        open: Open,
        writer: Writer,
        habits: Habits,
        watched: Arc<dyn Watched>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            name,
            state: Mutex::new(State {
                buffer: Buffer::new(habits.most_events),
                asked: 0,
                answered: 0,
                clear: Vec::new(),
                stop: false,
                ended: false,
                loaded: false,
                health: StoreHealth {
                    kind: name,
                    place,
                    ..StoreHealth::default()
                },
            }),
            work: Condvar::new(),
            done: Condvar::new(),
        });
        let work = Work::new(Arc::clone(&shared), open, writer, habits, watched);
        let thread = crate::export::spawn("store", move || work.run())?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Until the store has been read, or has failed to be, or the time is up; whether it was read.
    pub(crate) fn wait_until_loaded(&self, timeout: Duration) -> bool {
        let state = self.shared.wait(timeout, |state| {
            state.loaded || state.health.failures > 0 || state.ended
        });
        state.loaded
    }

    /// Takes an event to be written. Never blocks for I/O; one that finds no room is counted.
    pub(crate) fn event(&self, event: Event) {
        let mut state = self.shared.state();
        if state.ended || !state.buffer.push(event) {
            state.health.events_dropped += 1;
            let first = state.health.events_dropped == 1;
            drop(state);
            if first {
                crate::notice::notice(&format!(
                    "a drift event finds no room to wait for the store {} (further ones are counted, not printed)",
                    self.shared.name
                ));
            }
            return;
        }
        drop(state);
        self.shared.work.notify_all();
    }

    /// Writes what is there; whether that was tried by the deadline. What became of it is in
    /// [`health`](Self::health).
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let mut state = self.shared.state();
        state.asked += 1;
        let mine = state.asked;
        drop(state);
        self.shared.work.notify_all();
        let left = deadline.saturating_duration_since(Instant::now());
        let state = self
            .shared
            .wait(left, |state| state.answered >= mine || state.ended);
        state.answered >= mine
    }

    /// The same for the last time; what is left then is counted as dropped.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        let tried = self.flush(deadline);
        let mut state = self.shared.state();
        state.stop = true;
        drop(state);
        self.shared.work.notify_all();
        let left = deadline.saturating_duration_since(Instant::now());
        let mut state = self.shared.wait(left, |state| state.ended);
        if !state.ended {
            // It hangs in a call to the database, and ends by itself when that returns.
            state.ended = true;
        }
        state.health.events_dropped += state.buffer.clear();
        drop(state);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread.filter(JoinHandle::is_finished) {
            // It catches panics itself.
            _ = thread.join();
        }
        tried
    }

    /// Forgets stored events of this service, of one tool or of all: those that wait too.
    pub(crate) fn clear_events(&self, tool: Option<&str>) {
        let mut state = self.shared.state();
        state
            .buffer
            .retain(|event| tool.is_some_and(|tool| event.tool_name != tool));
        state.clear.push(tool.map(str::to_owned));
        drop(state);
        self.shared.work.notify_all();
    }

    pub(crate) fn health(&self) -> StoreHealth {
        let state = self.shared.state();
        StoreHealth {
            events_waiting: state.buffer.len() as u64,
            loaded: state.loaded,
            ..state.health.clone()
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, timeout: Duration, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state();
        self.done
            .wait_timeout_while(state, timeout, |state| !until(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl State {
    fn failed(&mut self, why: &str) {
        self.health.failures += 1;
        self.health.last_error = Some(LastError {
            text: why.to_owned(),
            at: SystemTime::now(),
        });
    }
}

impl Drop for Keeper {
    /// Where the start of something else has failed.
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.work.notify_all();
    }
}
