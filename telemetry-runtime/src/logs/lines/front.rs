//! Encoded lines between those who write them and the thread that hands them on: bounded, in
//! the order they came, each with a time of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::call::clock::{self, Anchor};
use crate::config::Overflow;
use crate::otlp::logs::set_time;
use crate::sync::is_child;

/// The one of the process: whoever writes a line finds it without asking for anything.
pub(crate) static FRONT: Front = Front {
    on: AtomicBool::new(false),
    state: Mutex::new(State::new()),
    ready: Condvar::new(),
    done: Condvar::new(),
};

/// Lines that wait. Its lock is held to copy one, never while anything is formatted or sent.
pub(crate) struct Front {
    /// Lines go somewhere. Asked first; who reads it late writes into a front that is closed.
    on: AtomicBool,
    state: Mutex<State>,
    /// Something for the thread.
    ready: Condvar,
    /// Room, or a flush that is made.
    done: Condvar,
}

struct State {
    /// Counts the starts: a thread of an earlier one finds nothing here any more.
    epoch: u64,
    open: Chunk,
    closed: VecDeque<Chunk>,
    /// Memory of chunks that were handed on.
    spare: Vec<Vec<u8>>,
    /// Of all that wait.
    bytes: usize,
    limits: Limits,
    /// Unix time of the last line, ns: of two lines none has the same, so that no backend takes
    /// them for one.
    last: u64,
    anchor: Option<(u64, Anchor)>,
    /// Lines that found no room.
    dropped: u64,
    flush: Flush,
    closing: bool,
    /// The thread has handed on everything, and is gone.
    over: bool,
}

/// Flushes asked for and made, as running numbers.
#[derive(Clone, Copy, Default)]
struct Flush {
    asked: u64,
    made: u64,
}

/// Lines one after the other.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) encoded: Vec<u8>,
    pub(super) lines: u64,
}

/// How much may wait, and what becomes of more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_bytes: usize,
    pub(crate) overflow: Overflow,
    /// How long a line waits for room, with [`Overflow::Block`].
    pub(crate) block_timeout: Duration,
}

/// A chunk is closed at so many bytes, or at a quarter of what may wait.
const CHUNK: usize = 256 * 1024;
/// So many chunks may wait before those who write lines help to hand them on.
const HELP_FROM: usize = 8;
/// So many chunks' memory is kept.
const MOST_SPARE: usize = 4;
/// ns after which the anchor of the clock is set anew, so that the system's corrections are followed.
const ANCHOR_AGE: u64 = 20_000_000;

/// What the thread does next.
pub(super) enum Work {
    HandOn,
    /// All that was there at flush number so-and-so has been handed on.
    Flushed(u64),
    Stop,
}

impl State {
    const fn new() -> Self {
        Self {
            epoch: 0,
            open: Chunk::new(),
            closed: VecDeque::new(),
            spare: Vec::new(),
            bytes: 0,
            limits: Limits {
                max_bytes: 0,
                overflow: Overflow::DropNewest,
                block_timeout: Duration::ZERO,
            },
            last: 0,
            anchor: None,
            dropped: 0,
            flush: Flush { asked: 0, made: 0 },
            closing: false,
            over: false,
        }
    }

    fn now(&mut self) -> u64 {
        let counter = clock::now();
        let anchor = match &self.anchor {
            Some((since, anchor)) if clock::nanos(*since, counter) < ANCHOR_AGE => anchor,
            _ => &self.anchor.insert((counter, Anchor::now())).1,
        };
        self.last = anchor.unix_ns(counter).max(self.last + 1);
        self.last
    }

    fn close(&mut self) {
        if self.open.lines > 0 {
            let encoded = self.spare.pop().unwrap_or_default();
            let next = Chunk { encoded, lines: 0 };
            self.closed
                .push_back(std::mem::replace(&mut self.open, next));
        }
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.bytes + bytes <= self.limits.max_bytes
    }

    fn lines(&self) -> u64 {
        self.open.lines + self.closed.iter().map(|chunk| chunk.lines).sum::<u64>()
    }
}

impl Chunk {
    const fn new() -> Self {
        Self {
            encoded: Vec::new(),
            lines: 0,
        }
    }
}

impl Front {
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Relaxed) && !is_child()
    }

    /// From now on lines are taken in. Gives the number of this start.
    pub(super) fn open(&self, limits: Limits) -> u64 {
        let mut state = self.lock();
        let (epoch, last) = (state.epoch + 1, state.last);
        *state = State {
            epoch,
            limits,
            last,
            ..State::new()
        };
        self.on.store(true, Relaxed);
        epoch
    }

    /// Takes a line in and gives it its time. `may_wait`: where the limits say so, for room.
    /// Whether the writer should help to hand lines on.
    pub(crate) fn put(&self, line: &mut [u8], may_wait: bool) -> bool {
        let mut state = self.lock();
        if !state.has_room(line.len()) {
            state = match self.make_room(state, line.len(), may_wait) {
                Ok(state) => state,
                Err(()) => return false,
            };
        }
        if !self.is_on() {
            state.dropped += 1;
            return false;
        }
        set_time(line, state.now());
        state.bytes += line.len();
        state.open.encoded.extend_from_slice(line);
        state.open.lines += 1;
        if state.open.encoded.len() < CHUNK.min(state.limits.max_bytes / 4) {
            return false;
        }
        state.close();
        let help = state.limits.overflow != Overflow::Block && state.closed.len() >= HELP_FROM;
        drop(state);
        self.ready.notify_one();
        help
    }

    /// `Err`: the line is dropped, and counted.
    #[cold]
    fn make_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        bytes: usize,
        may_wait: bool,
    ) -> Result<MutexGuard<'a, State>, ()> {
        if bytes <= state.limits.max_bytes {
            if state.limits.overflow == Overflow::Block && may_wait {
                state.close();
                self.ready.notify_one();
                let timeout = state.limits.block_timeout;
                let full = |state: &mut State| !state.closing && !state.has_room(bytes);
                state = self
                    .done
                    .wait_timeout_while(state, timeout, full)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
            if state.limits.overflow == Overflow::DropOldest {
                while !state.has_room(bytes)
                    && let Some(oldest) = state.closed.pop_front()
                {
                    state.bytes -= oldest.encoded.len();
                    state.dropped += oldest.lines;
                }
            }
            if state.has_room(bytes) {
                return Ok(state);
            }
        }
        state.dropped += 1;
        Err(())
    }

    /// Waits for something to do, until what is open is `delay` old.
    pub(super) fn next(&self, epoch: u64, delay: Duration) -> Work {
        let mut state = self.lock();
        let mut until = Instant::now() + delay;
        loop {
            if state.epoch != epoch {
                return Work::Stop;
            }
            if !state.closed.is_empty() {
                return Work::HandOn;
            }
            let asked = state.flush.asked > state.flush.made;
            let left = until.saturating_duration_since(Instant::now());
            if asked || state.closing || left.is_zero() {
                if state.open.lines > 0 {
                    state.close();
                    return Work::HandOn;
                }
                if asked {
                    return Work::Flushed(state.flush.asked);
                }
                if state.closing {
                    state.over = true;
                    drop(state);
                    self.done.notify_all();
                    return Work::Stop;
                }
                until = Instant::now() + delay;
                continue;
            }
            state = self
                .ready
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The oldest chunk.
    pub(super) fn take(&self, epoch: u64) -> Option<Chunk> {
        let mut state = self.lock();
        if state.epoch != epoch {
            return None;
        }
        state.closed.pop_front()
    }

    /// A chunk that was taken has been handed on: its room is free.
    pub(super) fn handed_on(&self, epoch: u64, mut chunk: Chunk) {
        let mut state = self.lock();
        if state.epoch != epoch {
            return;
        }
        state.bytes -= chunk.encoded.len();
        if state.spare.len() < MOST_SPARE {
            chunk.encoded.clear();
            state.spare.push(chunk.encoded);
        }
        drop(state);
        self.done.notify_all();
    }

    pub(super) fn flushed(&self, number: u64) {
        self.lock().flush.made = number;
        self.done.notify_all();
    }

    /// Waits until all that is there has been handed on; `false`: the deadline came first.
    pub(super) fn flush(&self, epoch: u64, deadline: Instant) -> bool {
        let mut state = self.lock();
        if state.epoch != epoch {
            return true;
        }
        state.flush.asked += 1;
        let mine = state.flush.asked;
        self.ready.notify_all();
        let left = deadline.saturating_duration_since(Instant::now());
        let made = |state: &State| state.epoch != epoch || state.flush.made >= mine || state.over;
        let state = self
            .done
            .wait_timeout_while(state, left, |state| !made(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        made(&state)
    }

    /// Lines are no longer taken in. The thread hands on what is there, and ends.
    pub(super) fn close(&self, epoch: u64) {
        let mut state = self.lock();
        if state.epoch == epoch {
            self.on.store(false, Relaxed);
            state.closing = true;
            self.ready.notify_all();
            self.done.notify_all();
        }
    }

    /// Forgets what was not handed on in time: it is counted.
    pub(super) fn abandon(&self, epoch: u64) {
        let mut state = self.lock();
        if state.epoch == epoch {
            state.dropped += state.lines();
            state.closed.clear();
            state.open = Chunk::new();
            state.epoch += 1;
            drop(state);
            self.ready.notify_all();
            self.done.notify_all();
        }
    }

    /// Lines dropped since the last start, and lines that wait here.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let state = self.lock();
        (state.dropped, state.lines())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
