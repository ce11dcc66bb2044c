//! Time as a counter: read by calls, turned into nanoseconds and dates by the collector.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::dates;
use super::unit::Unit;

pub(crate) use super::dates::Anchor;

/// Made at the first use, which takes some milliseconds at most.
static CLOCK: OnceLock<Clock> = OnceLock::new();

/// A counter and what its unit is worth.
///
/// One value that is the newest of some good ones: nothing depends on who sees which.
struct Clock {
    counter: quanta::Clock,
    begun: Instant,
    /// Nanoseconds of one unit, a double's bits.
    nanos: AtomicU64,
    unit: Mutex<Unit>,
}

fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}

/// The counter now. Monotonic, but for a machine that is suspended or moved meanwhile; its unit is
/// the machine's.
#[inline]
pub(crate) fn now() -> u64 {
    clock().counter.raw()
}

/// Nanoseconds between two readings; 0 where the second is the earlier one.
#[inline]
pub(crate) fn nanos(start: u64, end: u64) -> u64 {
    // By way of `i64`, which the processor converts in one step, and `u64` in many.
    let units = end.saturating_sub(start).min(i64::MAX as u64) as i64;
    (units as f64 * unit()) as i64 as u64
}

/// Nanoseconds of one unit of the counter.
#[inline]
pub(super) fn unit() -> f64 {
    f64::from_bits(clock().nanos.load(Relaxed))
}

/// So many units of the counter that they are surely no more than `nanos`, whatever its unit is
/// found to be later.
pub(crate) fn units_at_least(nanos: u64) -> u64 {
    (nanos as f64 / unit() * 0.5) as u64
}

/// Measures the counter's unit again, and compares it with the date. Called by the collector every
/// few milliseconds.
pub(crate) fn measure() {
    clock().measure();
    dates::look();
}

impl Clock {
    fn new() -> Self {
        let counter = quanta::Clock::new();
        // Of 2³² units, so that rounding is nothing.
        let nanos = counter.delta_as_nanos(0, 1 << 32) as f64 / (1_u64 << 32) as f64;
        let begun = Instant::now();
        let origin = Pair::read(|| counter.raw(), || since(begun));
        Self {
            counter,
            begun,
            nanos: AtomicU64::new(nanos.to_bits()),
            unit: Mutex::new(Unit::new(origin, nanos)),
        }
    }

    fn measure(&self) {
        let mut unit = self.unit.lock().unwrap_or_else(PoisonError::into_inner);
        let here = Pair::read(|| self.counter.raw(), || since(self.begun));
        self.nanos.store(unit.measure(here).to_bits(), Relaxed);
    }
}

/// ns of the monotonic clock.
fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The counter and another clock at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) counter: u64,
    /// ns
    pub(super) time: u64,
    /// Units of the counter that passed meanwhile.
    pub(super) apart: u64,
}

/// How often two clocks are read to find a moment in which nothing came between.
const TRIES: usize = 4;

impl Pair {
    /// A thread that is put aside between the readings would make them milliseconds apart on a
    /// busy machine: so the closest of some tries.
    pub(super) fn read(counter: impl Fn() -> u64, time: impl Fn() -> u64) -> Self {
        let once = || {
            let before = counter();
            let time = time();
            let apart = counter().saturating_sub(before);
            Self {
                counter: before + apart / 2,
                time,
                apart,
            }
        };
        let first = once();
        (1..TRIES).map(|_| once()).fold(first, |best, other| {
            if other.apart < best.apart {
                other
            } else {
                best
            }
        })
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
    fn a_counter_that_goes_back_makes_no_time() {
        assert_eq!(nanos(2000, 1000), 0);
        assert_eq!(nanos(u64::MAX, 0), 0);
    }

    /// Whatever the system does with this thread meanwhile: another time it lets it be.
    #[test]
    fn the_unit_is_what_the_monotonic_clock_says() {
        let clock = Clock::new();
        let is_right = || {
            let before = Pair::read(|| clock.counter.raw(), || since(clock.begun));
            std::thread::sleep(std::time::Duration::from_millis(20));
            clock.measure();
            let after = Pair::read(|| clock.counter.raw(), || since(clock.begun));
            let unit = f64::from_bits(clock.nanos.load(Relaxed));
            let found = (after.counter - before.counter) as f64 * unit;
            (found / (after.time - before.time) as f64 - 1.0).abs() < 0.01
        };
        assert!((0..500).any(|_| is_right()));
    }
}
