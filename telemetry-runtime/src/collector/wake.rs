//! How a full ring calls the collector before its time.

use crate::sync::{AtomicBool, Mutex, Ordering::AcqRel, PoisonError, Sleeper, is_child};

/// A thread that sleeps, and may be called.
///
/// | `called` | the thread |
/// |---|---|
/// | no | sleeps, or is about to |
/// | yes | will look again before it sleeps, or was woken for that |
///
/// # Ordering
///
/// Who calls does so after it has done what the thread is to see; the thread looks after it has taken the
/// call. Both swap with `AcqRel`, also where the value itself is not asked for: so each caller comes before the look
/// that follows its call, whoever of them woke the thread. With a swap relaxed, or with a store after
/// sleep, the model sees a call that nobody hears.
pub(crate) struct Wake {
    called: AtomicBool,
    sleeper: Mutex<Option<Sleeper>>,
}

impl Wake {
    /// Has the thread look again.
    pub(crate) fn wake(&self) {
        if !self.called.swap(true, AcqRel)
            && !is_child()
            && let Some(sleeper) = &*self.sleeper.lock().unwrap_or_else(PoisonError::into_inner)
        {
            sleeper.unpark();
        }
    }

    /// Makes this thread the one to be woken, or nobody.
    pub(crate) fn set(&self, thread: Option<Sleeper>) {
        *self.sleeper.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }

    /// Has `park` put this thread to sleep, unless somebody has called.
    pub(crate) fn wait(&self, park: impl FnOnce()) {
        if !self.called.swap(false, AcqRel) {
            park();
            self.called.swap(false, AcqRel);
        }
    }
}

#[cfg(not(loom))]
mod of_the_collector {
    use std::thread::Thread;
    use std::time::Duration;

    use super::{AtomicBool, Mutex, Wake};

    static COLLECTOR: Wake = Wake {
        called: AtomicBool::new(false),
        sleeper: Mutex::new(None),
    };

    /// Has the collector come by now. For those whose call is dear anyhow: it writes to a line that
    /// all threads share.
    pub(crate) fn wake() {
        COLLECTOR.wake();
    }

    /// Makes this thread the collector's, or nobody's.
    pub(crate) fn set(thread: Option<Thread>) {
        COLLECTOR.set(thread);
    }

    /// Waits until `timeout` has passed or somebody called.
    pub(crate) fn wait(timeout: Duration) {
        COLLECTOR.wait(|| std::thread::park_timeout(timeout));
    }
}

#[cfg(not(loom))]
pub(crate) use of_the_collector::{set, wait, wake};

#[cfg(all(test, loom))]
mod model {
    use loom::thread;

    use super::*;
    use crate::sync::{Arc, AtomicU32, Ordering::Relaxed};

    /// Two threads leave something and call; who sleeps without a limit of time sees both.
    #[test]
    fn every_call_is_heard() {
        loom::model(|| {
            let wake = Wake {
                called: AtomicBool::new(false),
                sleeper: Mutex::new(None),
            };
            let shared = Arc::new((wake, [AtomicU32::new(0), AtomicU32::new(0)]));
            let theirs = Arc::clone(&shared);
            let sleeper = thread::spawn(move || {
                let (wake, left) = &*theirs;
                wake.set(Some(thread::current()));
                while left.iter().any(|left| left.load(Relaxed) == 0) {
                    wake.wait(thread::park);
                }
            });
            let call = |shared: &(Wake, [AtomicU32; 2]), number: usize| {
                let (wake, left) = shared;
                left[number].store(1, Relaxed);
                wake.wake();
            };
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || call(&theirs, 0));
            call(&shared, 1);
            other.join().unwrap();
            sleeper.join().unwrap();
        });
    }
}
