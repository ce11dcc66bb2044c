//! How a full ring calls the collector before its time.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// The collector's thread, while there is one.
static COLLECTOR: Mutex<Option<Thread>> = Mutex::new(None);
/// Somebody has called it since it last looked; the next ones need not.
static CALLED: AtomicBool = AtomicBool::new(false);

/// Has the collector come by now. Seldom more than a load.
pub(crate) fn wake() {
    if !CALLED.swap(true, Relaxed)
        && let Some(collector) = &*COLLECTOR.lock().unwrap_or_else(PoisonError::into_inner)
    {
        collector.unpark();
    }
}

/// Makes this thread the one to be woken, or nobody.
pub(super) fn set(thread: Option<Thread>) {
    *COLLECTOR.lock().unwrap_or_else(PoisonError::into_inner) = thread;
}

/// Waits until `timeout` has passed or somebody called.
pub(super) fn wait(timeout: Duration) {
    if !CALLED.swap(false, Relaxed) {
        std::thread::park_timeout(timeout);
        CALLED.store(false, Relaxed);
    }
}
