//! What the tests of behaviour share: where spans are looked at, a server that misbehaves on
//! demand, memory as the system counts it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub mod memory;
pub mod sink;
pub mod spans;
pub mod store;

/// Long enough for anything that comes at all, on a machine that has other things to do.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// One telemetry a process: tests of one file take turns.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condition` holds.
///
/// # Panics
///
/// After [`PATIENCE`], with `what` was waited for.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is counted of one tool; all zero where it has not been called.
#[must_use]
pub fn statistics(tool: &str) -> Counted {
    let all = telemetry_runtime::statistics();
    let found = all.into_iter().find(|statistics| statistics.name == tool);
    found.map_or_else(Counted::default, |of| Counted {
        calls: of.calls,
        errors: of.errors,
        cancelled: of.cancelled,
        slow: of.slow,
        active: of.active,
    })
}

/// The counts of [`telemetry_runtime::ToolStatistics`], to compare at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as there")]
pub struct Counted {
    pub calls: u64,
    pub errors: u64,
    pub cancelled: u64,
    pub slow: u64,
    pub active: u64,
}

/// A call of a tool without parameters, as `#[tool]` writes it.
#[macro_export]
macro_rules! tool {
    ($name:literal, $body:expr) => {
        ::telemetry_runtime::__private::call(
            ::telemetry_runtime::__private::site!($name, $name, 0),
            &mut ::telemetry_runtime::__private::nothing,
        )
        .run($body, |output| {
            ::telemetry_runtime::__private::failure!(output)
        })
    };
}

/// A call of an async tool without parameters, as `#[tool]` writes it.
#[macro_export]
macro_rules! async_tool {
    ($name:literal, $body:expr) => {
        ::telemetry_runtime::__private::call_async(
            ::telemetry_runtime::__private::site!($name, $name, 0),
            $body,
            |output| ::telemetry_runtime::__private::failure!(output),
        )
    };
}

/// A call by hand with one parameter, `text`.
pub fn track(tool: &str, text: &str) {
    drop(telemetry_runtime::track_tool_call(
        tool,
        [("text", text.to_owned().into())],
    ));
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/from-python.md")]
struct FromPython;

#[cfg(doctest)]
#[doc = include_str!("../../docs/drift.md")]
struct Drift;

#[cfg(doctest)]
#[doc = include_str!("../../docs/logs.md")]
struct Logs;
