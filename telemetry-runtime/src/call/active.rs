//! The calls that run, as others see them: shown by their threads at the cost of two stores
//! a call, and by async calls at the cost of one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sync::{
    self, Arc, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// A running call in one word, so that nobody ever sees half of one: its tool's position,
/// and above it the 40 bits of the counter that say since when, within a millisecond at a
/// counter of 1 GHz (44 ms at the slowest, 24 MHz).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Activity(u64);

const TOOL_BITS: u32 = 24;
const TOOL_MASK: u64 = (1 << TOOL_BITS) - 1;
const START_SHIFT: u32 = 20;

impl Activity {
    const NONE: Self = Self(0);

    /// `tool`: its position; `start`: reading of the counter.
    #[inline]
    pub(crate) fn new(tool: u32, start: u64) -> Self {
        Self((u64::from(tool) + 1) & TOOL_MASK | start >> START_SHIFT << TOOL_BITS)
    }

    /// Position of the tool; `None` where nothing runs.
    pub(crate) fn tool(self) -> Option<u32> {
        (self.0 & TOOL_MASK).checked_sub(1).map(|tool| tool as u32)
    }

    /// Reading of the counter, the last bits of which are lost.
    pub(crate) fn start(self) -> u64 {
        self.0 >> TOOL_BITS << START_SHIFT
    }
}

/// Levels of a thread's stack that are shown without a lock; deeper ones are in a list.
const SHALLOW: usize = if cfg!(loom) { 1 } else { 32 };

/// The stack of one thread: written by it, read by anybody.
///
/// | `depth` | `slots[..depth]` and `deeper` |
/// |---|---|
/// | levels that are in use | the call of each level; `NONE` where the level is a poll, or its call ended before those above it |
///
/// # Ordering
///
/// A slot is stored before the `depth` that includes it, with `Release`; a reader takes
/// `depth` with `Acquire`. So a slot below the depth that was read holds the call that ran at
/// that moment or a later one, never an earlier one, which would look like a call that has
/// been running since. With the store or the load of `depth` relaxed the model sees that happen.
pub(crate) struct Active {
    depth: AtomicU32,
    slots: [AtomicU64; SHALLOW],
    deeper: Mutex<Vec<Activity>>,
}

impl Active {
    pub(crate) fn new() -> Self {
        Self {
            depth: AtomicU32::new(0),
            slots: std::array::from_fn(|_| AtomicU64::new(0)),
            deeper: Mutex::default(),
        }
    }

    /// The thread enters `level`, the one above all that are in use.
    #[inline]
    pub(crate) fn enter(&self, level: usize, activity: Option<Activity>) {
        let activity = activity.unwrap_or(Activity::NONE);
        match self.slots.get(level) {
            Some(slot) => slot.store(activity.0, Relaxed),
            None => self.enter_deeper(activity),
        }
        self.depth.store(level as u32 + 1, Release);
    }

    /// From now on only the levels below `level` are in use.
    #[inline]
    pub(crate) fn leave(&self, level: usize) {
        let depth = self.depth.load(Relaxed) as usize;
        self.depth.store(level as u32, Release);
        if depth > SHALLOW {
            self.leave_deeper(level);
        }
    }

    /// The same where `level` is the innermost.
    #[inline]
    pub(crate) fn leave_innermost(&self, level: usize) {
        self.depth.store(level as u32, Release);
        if level >= SHALLOW {
            self.leave_deeper(level);
        }
    }

    /// The call of `level` has ended; those above it go on.
    #[cold]
    pub(crate) fn clear(&self, level: usize) {
        match self.slots.get(level) {
            Some(slot) => slot.store(Activity::NONE.0, Relaxed),
            None => {
                if let Some(mut deeper) = self.deeper()
                    && let Some(deep) = deeper.get_mut(level - SHALLOW)
                {
                    *deep = Activity::NONE;
                }
            }
        }
    }

    #[cold]
    fn enter_deeper(&self, activity: Activity) {
        if let Some(mut deeper) = self.deeper() {
            deeper.push(activity);
        }
    }

    #[cold]
    fn leave_deeper(&self, level: usize) {
        if let Some(mut deeper) = self.deeper() {
            deeper.truncate(level.saturating_sub(SHALLOW));
        }
    }

    /// Shows each running call.
    pub(crate) fn each(&self, mut show: impl FnMut(Activity)) {
        let depth = self.depth.load(Acquire) as usize;
        let mut show = |activity: Activity| {
            if activity != Activity::NONE {
                show(activity);
            }
        };
        for slot in &self.slots[..depth.min(SHALLOW)] {
            show(Activity(slot.load(Relaxed)));
        }
        if depth > SHALLOW
            && let Some(deeper) = self.deeper()
        {
            deeper.iter().copied().for_each(show);
        }
    }

    fn deeper(&self) -> Option<MutexGuard<'_, Vec<Activity>>> {
        sync::lock(&self.deeper)
    }
}

/// Lists of async calls, so that threads which begin some at once seldom meet.
const SHARDS: usize = 16;

static SHARED: [Mutex<Vec<Arc<Shown>>>; SHARDS] = [const { Mutex::new(Vec::new()) }; SHARDS];

/// An async call's place among those that run, whoever polls it. Used again for later calls;
/// forgotten by [`each_async`] when nobody has it.
///
/// One word that is set and cleared by the one who has the call: nothing depends on when
/// others see that.
#[derive(Debug)]
pub(crate) struct Shown(AtomicU64);

impl Shown {
    /// `near`: something that differs between threads.
    pub(crate) fn new(near: u64) -> Arc<Self> {
        let shown = Arc::new(Self(AtomicU64::new(Activity::NONE.0)));
        if let Some(mut shard) = sync::lock(&SHARED[near as usize % SHARDS]) {
            shard.push(Arc::clone(&shown));
        }
        shown
    }

    #[inline]
    pub(crate) fn show(&self, activity: Activity) {
        self.0.store(activity.0, Relaxed);
    }

    #[inline]
    pub(crate) fn hide(&self) {
        self.0.store(Activity::NONE.0, Relaxed);
    }
}

/// Shows each async call between its first poll and its end, with what tells its place from
/// the others'.
pub(crate) fn each_async(mut show: impl FnMut(usize, Activity)) {
    for shard in &SHARED {
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.retain(|shown| {
            let activity = Activity(shown.0.load(Relaxed));
            if activity != Activity::NONE {
                show(Arc::as_ptr(shown) as usize, activity);
            }
            Arc::strong_count(shown) > 1
        });
        if shard.len() < shard.capacity() / 4 {
            shard.shrink_to_fit();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn shown(active: &Active) -> Vec<u32> {
        let mut tools = Vec::new();
        active.each(|activity| tools.extend(activity.tool()));
        tools
    }

    #[test]
    fn a_word_holds_tool_and_start() {
        for (tool, start) in [(0, 0), (999_999, 1 << 59), (7, (123 << START_SHIFT) + 5)] {
            let activity = Activity::new(tool, start);
            assert_eq!(activity.tool(), Some(tool));
            assert_eq!(activity.start(), start >> START_SHIFT << START_SHIFT);
        }
        assert_eq!(Activity::NONE.tool(), None);
    }

    #[test]
    fn levels_without_and_with_a_lock_are_shown_alike() {
        let active = Active::new();
        let levels = SHALLOW + 3;
        for level in 0..levels {
            // Every third is a poll of a call that is shown elsewhere.
            let activity = (level % 3 != 2).then(|| Activity::new(level as u32, 0));
            active.enter(level, activity);
        }
        let expected = |levels: usize| -> Vec<u32> {
            let calls = (0..levels as u32).filter(|level| level % 3 != 2);
            calls.collect()
        };
        assert_eq!(shown(&active), expected(levels));
        active.clear(1);
        active.clear(levels - 2);
        active.leave(levels - 2);
        let mut left = expected(levels - 2);
        left.remove(1);
        assert_eq!(shown(&active), left);
        active.leave(2);
        active.leave_innermost(1);
        assert_eq!(shown(&active), [0]);
        active.enter(1, Some(Activity::new(9, 0)));
        assert_eq!(shown(&active), [0, 9]);
    }

    #[test]
    fn an_async_call_is_shown_until_it_is_hidden_and_forgotten_with_its_box() {
        // Other tests show theirs meanwhile.
        const TOOL: u32 = 16_000_000;
        let count = || {
            let mut count = 0;
            each_async(|_, activity| count += u32::from(activity.tool() == Some(TOOL)));
            count
        };
        let shown: Vec<_> = (0..40).map(Shown::new).collect();
        shown
            .iter()
            .for_each(|shown| shown.show(Activity::new(TOOL, 0)));
        assert_eq!(count(), 40);
        shown[..10].iter().for_each(|shown| shown.hide());
        assert_eq!(count(), 30);
        drop(shown);
        // Once more, then nobody has them.
        count();
        assert_eq!(count(), 0);
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::thread;

    use super::*;
    use crate::sync::{AtomicU32, Ordering::Acquire};

    /// Who knows that a call has ended does not see it run.
    #[test]
    fn a_call_that_has_ended_is_not_seen() {
        loom::model(|| {
            let shared = Arc::new((Active::new(), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let thread = thread::spawn(move || {
                let (active, ended) = &*theirs;
                active.enter(0, Some(Activity::new(1, 0)));
                active.leave_innermost(0);
                ended.store(1, Release);
                active.enter(0, Some(Activity::new(2, 0)));
            });
            let (active, ended) = &*shared;
            let first_has_ended = ended.load(Acquire) == 1;
            active.each(|activity| {
                let tool = activity.tool();
                assert!(tool == Some(2) || tool == Some(1) && !first_has_ended);
            });
            thread.join().unwrap();
        });
    }
}
