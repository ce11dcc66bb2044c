//! Time as a counter: read by calls, turned into nanoseconds and dates by the collector.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use quanta::Clock;

/// Calibrated at the first use, which takes under a millisecond.
static CLOCK: OnceLock<Clock> = OnceLock::new();

fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}

/// The counter now. Monotonic; its unit is the machine's.
#[inline]
pub(crate) fn now() -> u64 {
    clock().raw()
}

/// Nanoseconds between two readings; 0 where the second is the earlier one.
#[inline]
pub(crate) fn nanos(start: u64, end: u64) -> u64 {
    clock().delta_as_nanos(start, end)
}

/// The counter and the date at one moment. Taken anew all the time, so that the
/// counter's error against the date never adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    counter: u64,
    unix_ns: u64,
}

impl Anchor {
    pub(crate) fn now() -> Self {
        Self {
            counter: now(),
            unix_ns: unix_now(),
        }
    }

    /// Unix time, ns, of a reading of the counter.
    #[inline]
    pub(crate) fn unix_ns(&self, counter: u64) -> u64 {
        if counter <= self.counter {
            self.unix_ns.saturating_sub(nanos(counter, self.counter))
        } else {
            self.unix_ns.saturating_add(nanos(self.counter, counter))
        }
    }
}

/// Unix time, ns; 0 before 1970.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_before_and_after_the_anchor_fall_on_both_sides_of_it() {
        let before = now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let anchor = Anchor::now();
        let after = now();
        assert!(anchor.unix_ns(before) <= anchor.unix_ns - 2_000_000);
        assert!(anchor.unix_ns(after) >= anchor.unix_ns);
        assert_eq!(nanos(after, before), 0);
    }
}
