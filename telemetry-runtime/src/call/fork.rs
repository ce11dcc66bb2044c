//! What a `fork` leaves of telemetry in the child: nothing that could wait for ever.
//!
//! The child has none of the threads that collect and send, and what one of those had locked at
//! that moment stays locked. So calls are off in it from its first instruction on, nobody
//! sends anything twice, and those few places that a call begun before the fork still comes by
//! [do not lock](crate::sync::lock).

#![expect(
    unsafe_code,
    reason = "only a C function tells that a process has been forked"
)]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::state::State;
use crate::sync;

/// Telemetry runs, with its threads.
static RUNS: AtomicBool = AtomicBool::new(false);

/// A child that is forked from now on has nothing of what runs here; or nothing runs here any
/// more, and a child may start its own.
pub(crate) fn set_running(runs: bool) {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(watch);
    RUNS.store(runs, Relaxed);
}

/// Without memory for that, the child is as it was before there was this file.
fn watch() {
    // SAFETY: `in_child` stays where it is as long as the process, and stores into atomics only,
    // which is allowed at that moment. `posix_spawn` and `vfork`, whose children share this
    // memory, do not call it.
    unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

extern "C" fn in_child() {
    if RUNS.load(Relaxed) {
        State::end();
        sync::set_child();
    }
}
