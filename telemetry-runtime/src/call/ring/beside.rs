//! What a thread adds up by itself, until its reader comes by.

use crate::sync::{AtomicBool, Mutex, Ordering::Relaxed, PoisonError, is_child};

/// A sum with a flag beside it, so that who finds nothing takes no lock.
///
/// | `is_some` | the sum |
/// |---|---|
/// | raised | holds something |
/// | not raised | holds nothing |
///
/// # Ordering
///
/// Both are changed under the lock, which orders them; who asks the flag without it sees it late at
/// most, and comes again. With the flag raised before the lock is taken, or lowered after, the model sees a
/// sum that nobody takes.
pub(crate) struct Beside<T> {
    is_some: AtomicBool,
    sum: Mutex<T>,
}

impl<T: Default> Beside<T> {
    pub(crate) fn new() -> Self {
        Self {
            is_some: AtomicBool::new(false),
            sum: Mutex::new(T::default()),
        }
    }

    pub(crate) fn add(&self, add: impl FnOnce(&mut T)) {
        if is_child() {
            return;
        }
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut sum);
        self.is_some.store(true, Relaxed);
    }

    /// What was added since the last time.
    pub(crate) fn take(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_some.store(false, Relaxed);
        Some(std::mem::take(&mut sum))
    }

    /// Whether all has been taken that was added before.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_some.load(Relaxed)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_taken_once() {
        const ADDED: u64 = if cfg!(miri) { 300 } else { 100_000 };
        let beside = Beside::<u64>::new();
        let taken = std::thread::scope(|scope| {
            let adding = scope.spawn(|| (0..ADDED).for_each(|_| beside.add(|sum| *sum += 1)));
            let mut taken = 0;
            while !adding.is_finished() {
                taken += beside.take().unwrap_or(0);
                std::thread::yield_now();
            }
            taken
        });
        assert_eq!(taken + beside.take().unwrap_or(0), ADDED);
        assert!(beside.is_empty());
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::thread;

    use super::*;
    use crate::sync::Arc;

    #[test]
    fn nothing_is_there_for_good() {
        loom::model(|| {
            let shared = Arc::new(Beside::<u32>::new());
            let theirs = Arc::clone(&shared);
            let adding = thread::spawn(move || {
                theirs.add(|sum| *sum += 1);
                theirs.add(|sum| *sum += 1);
            });
            let mut taken = shared.take().unwrap_or(0);
            taken += shared.take().unwrap_or(0);
            adding.join().unwrap();
            taken += shared.take().unwrap_or(0);
            assert_eq!(taken, 2);
            assert!(shared.is_empty());
        });
    }
}
