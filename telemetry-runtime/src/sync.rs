//! The atomics and locks of a call's way: the standard library's, or in models loom's.
//!
//! What is a `static` stays with the standard library's: loom's cannot be made at compile
//! time, and no model looks at those.

pub(crate) use std::sync::PoisonError;
use std::sync::{Mutex as StdMutex, MutexGuard, atomic::AtomicBool as StdAtomicBool};

#[cfg(not(loom))]
pub(crate) use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread::Thread as Sleeper,
};

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread::Thread as Sleeper,
};

/// `std`'s, with loom's way of saying who looks at it.
#[cfg(not(loom))]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn with_mut<R>(&self, use_it: impl FnOnce(*mut T) -> R) -> R {
        use_it(self.0.get())
    }
}

/// This process was forked from one in which telemetry ran. Set before the child does anything,
/// by its only thread.
static IS_CHILD: StdAtomicBool = StdAtomicBool::new(false);

pub(crate) fn set_child() {
    IS_CHILD.store(true, Ordering::Relaxed);
}

/// Whether the threads that telemetry runs are those of another process.
#[inline]
pub(crate) fn is_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}

/// Locks what a call may have to lock. `None` in the [child](is_child) of a fork, where the
/// thread that holds the lock need not exist.
#[inline]
pub(crate) fn lock<T: ?Sized>(mutex: &StdMutex<T>) -> Option<MutexGuard<'_, T>> {
    if is_child() {
        return None;
    }
    Some(mutex.lock().unwrap_or_else(PoisonError::into_inner))
}
