//! Forks while telemetry runs in it, or before or after that, and says what has become of its calls.
//!
//! Usage: `forks WHEN URL`, WHEN being `running`, `before` or `after`, URL an OTLP/HTTP server.
//! Ends with an error where a child hangs or finds anything wrong.
#![expect(unsafe_code, reason = "a process can only be forked so")]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::mem::MaybeUninit;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use std::thread;
    use std::time::{Duration, Instant};
    use std::{process, ptr};

    use telemetry_runtime::{Telemetry, current, health, init, statistics, track_tool_call};
    use telemetry_tests::{PATIENCE, async_tool, tool};

    const CHILDREN: u64 = 40;

    pub(super) fn main() {
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().expect("usage: forks WHEN URL");
        let (when, url) = (next(), next());
        match &*when {
            "running" => running(&url),
            "before" => {
                child(|| alone(&url, "in the child"));
                alone(&url, "in the parent");
            }
            "after" => {
                alone(&url, "in the parent");
                child(|| alone(&url, "in the child"));
            }
            when => panic!("{when}: no time to fork at"),
        }
    }

    fn start(url: &str) -> Telemetry {
        let builder = Telemetry::builder().no_file().otlp(url);
        builder.init().expect("a right configuration")
    }

    /// A process like any other.
    fn alone(url: &str, tool: &str) {
        let telemetry = start(url);
        drop(track_tool_call(tool, ()));
        let report = telemetry.shutdown(PATIENCE);
        assert!(
            report.is_complete() && report.traces.delivered == 1,
            "{report}"
        );
    }

    /// Forks while other threads are in the middle of everything that a call may have to lock.
    fn running(url: &str) {
        let telemetry = start(url);
        let stop = AtomicBool::new(false);
        // Once before: what tracing keeps of a line it has not seen is behind a lock of its own.
        let made = AtomicU64::new(busy(2));
        thread::scope(|scope| {
            for number in 0..3 {
                let (stop, made) = (&stop, &made);
                scope.spawn(move || {
                    while !stop.load(Relaxed) {
                        made.fetch_add(busy(number), Relaxed);
                    }
                });
            }
            for number in 1..=CHILDREN {
                deep(40, &mut || {
                    let held = track_tool_call("held over the fork", [("a", 1.into())]);
                    child(|| {
                        in_a_child(&telemetry);
                        held.set_attribute("heard", false);
                    });
                    // Each takes as long as the collector needs to come round.
                    if number == CHILDREN {
                        assert_eq!(active("held over the fork"), 1);
                        // And up to sixty of another thread.
                        assert!((40..=100).contains(&active("deep")));
                    }
                    drop(held);
                });
            }
            stop.store(true, Relaxed);
        });
        for tool in ["busy", "busy too", "deep", "held over the fork"] {
            assert_eq!(active(tool), 0, "{tool}");
        }
        let report = telemetry.shutdown(PATIENCE);
        assert!(report.in_time, "{report}");
        let calls = made.load(Relaxed) + CHILDREN * 41;
        assert_eq!(report.traces.delivered + report.traces.dropped, calls);
    }

    /// Calls that run.
    fn active(tool: &str) -> u64 {
        telemetry_tests::statistics(tool).active
    }

    /// Gives how many calls it made.
    fn busy(number: u32) -> u64 {
        let burst = || (0..300).for_each(|_| tool!("busy", || {}));
        match number {
            0 => {
                burst();
                300
            }
            1 => {
                thread::spawn(burst).join().expect("no panic");
                300
            }
            _ => {
                deep(60, &mut || {
                    pollster::block_on(async_tool!("busy too", async {}));
                    tracing::info!("busy");
                });
                61
            }
        }
    }

    /// Deeper than a thread shows of itself without a lock.
    fn deep(left: u32, inside: &mut dyn FnMut()) {
        match left {
            0 => inside(),
            _ => tool!("deep", || deep(left - 1, inside)),
        }
    }

    /// Everything that a program may do with telemetry, while none of its threads is there.
    fn in_a_child(telemetry: &Telemetry) {
        // More than a thread's largest ring holds.
        (0..20_000).for_each(|_| tool!("in the child", || {}));
        deep(100, &mut || {
            drop(track_tool_call("in the child", [("a", 1.into())]))
        });
        in_a_thread();
        tracing::info!("in the child");
        assert_eq!(current().span_id(), None);
        assert!(!health().running && statistics().is_empty());
        let error = init().err().expect("not here").to_string();
        assert!(error.contains("fork"), "{error}");
        assert_eq!(telemetry.flush(PATIENCE).traces.delivered, 0);
        assert!(!telemetry.health().running);
        assert!(telemetry.reload().is_err());
    }

    /// Not one of the standard library: that takes a lock of its own, which another thread, that began to
    /// be one, may have had at the fork.
    fn in_a_thread() {
        extern "C" fn body(_: *mut libc::c_void) -> *mut libc::c_void {
            tool!("in the child", || {});
            pollster::block_on(async_tool!("in the child", async {}));
            ptr::null_mut()
        }
        let mut thread = MaybeUninit::uninit();
        // SAFETY: where it is made, `thread` is written, and it is joined once.
        let status = unsafe {
            match libc::pthread_create(thread.as_mut_ptr(), ptr::null(), body, ptr::null_mut()) {
                0 => libc::pthread_join(thread.assume_init(), ptr::null_mut()),
                error => error,
            }
        };
        assert_eq!(status, 0, "how the thread ended");
    }

    /// Runs `body` in a child of its own, to the end.
    fn child(body: impl FnOnce()) {
        // SAFETY: the child uses what this process had as if its other threads had stopped
        // where they are; that it does so without harm is what is tested. It leaves nothing to
        // be done at its end.
        match unsafe { libc::fork() } {
            -1 => panic!("{}", std::io::Error::last_os_error()),
            0 => {
                let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
                // SAFETY: it ends at once. Not by the standard library, whose end takes the lock
                // that `in_a_thread` is about.
                unsafe { libc::_exit(i32::from(ended.is_err())) }
            }
            id => wait(id),
        }
    }

    fn wait(id: libc::pid_t) {
        let begun = Instant::now();
        let mut status = 0;
        // SAFETY: `id` is a child of this process, `status` a place for an `int`.
        while unsafe { libc::waitpid(id, &raw mut status, libc::WNOHANG) } == 0 {
            if begun.elapsed() > PATIENCE {
                // SAFETY: it has not been waited for, so the id is still its own.
                unsafe { libc::kill(id, libc::SIGKILL) };
                // Not a panic: this process's threads would go on for ever.
                eprintln!("the child hangs");
                process::exit(1);
            }
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(status, 0, "how the child ended");
    }
}
