//! Time as a counter: read by calls, turned into nanoseconds and dates by the collector.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Made at the first use, which takes some milliseconds at most.
static CLOCK: OnceLock<Clock> = OnceLock::new();

/// A counter and what its unit is worth.
///
/// `quanta` measures that once, within microseconds; put aside by the system meanwhile it is
/// wrong by more than 1 %. So it is measured again while the process runs, over all of its
/// life: 1 µs of 10 ms at first, 1 µs of a minute soon.
///
/// One value that is the newest of some good ones: nothing depends on who sees which.
struct Clock {
    counter: quanta::Clock,
    origin: Pair<Instant>,
    /// Nanoseconds of one unit, a double's bits.
    unit: AtomicU64,
    /// By what share that is wrong at most, a double's bits.
    error: AtomicU64,
}

/// A better measurement than this is not waited for: the counter itself drifts.
const GOOD_ENOUGH: f64 = 1e-6;

fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}

/// The counter now. Monotonic; its unit is the machine's.
#[inline]
pub(crate) fn now() -> u64 {
    clock().counter.raw()
}

/// Nanoseconds between two readings; 0 where the second is the earlier one.
#[inline]
pub(crate) fn nanos(start: u64, end: u64) -> u64 {
    clock().nanos(start, end)
}

/// So many units of the counter that they are surely no more than `nanos`, whatever its unit is
/// found to be later.
pub(crate) fn units_at_least(nanos: u64) -> u64 {
    let unit = f64::from_bits(clock().unit.load(Relaxed));
    (nanos as f64 / unit * 0.5) as u64
}

/// Measures the counter's unit again. Called by the collector every few milliseconds.
pub(crate) fn measure() {
    clock().measure();
}

impl Clock {
    fn new() -> Self {
        let counter = quanta::Clock::new();
        // Of 2³² units, so that rounding is nothing.
        let unit = counter.delta_as_nanos(0, 1 << 32) as f64 / (1_u64 << 32) as f64;
        Self {
            origin: Pair::read(|| counter.raw(), Instant::now),
            counter,
            unit: AtomicU64::new(unit.to_bits()),
            error: AtomicU64::new(1_f64.to_bits()),
        }
    }

    #[inline]
    fn nanos(&self, start: u64, end: u64) -> u64 {
        let unit = f64::from_bits(self.unit.load(Relaxed));
        (end.saturating_sub(start) as f64 * unit) as u64
    }

    fn measure(&self) {
        let here = Pair::read(|| self.counter.raw(), Instant::now);
        let units = here.counter.saturating_sub(self.origin.counter) as f64;
        let error = (here.apart + self.origin.apart) as f64 / units.max(1.0);
        let known = f64::from_bits(self.error.load(Relaxed));
        if error <= known.max(GOOD_ENOUGH) {
            let nanos = here.time.duration_since(self.origin.time).as_nanos();
            self.unit.store((nanos as f64 / units).to_bits(), Relaxed);
            self.error.store(error.to_bits(), Relaxed);
        }
    }
}

/// The counter and another clock at one moment.
#[derive(Clone, Copy, Debug)]
struct Pair<T> {
    counter: u64,
    time: T,
    /// Units of the counter that passed meanwhile.
    apart: u64,
}

/// How often two clocks are read to find a moment in which nothing came between.
const TRIES: usize = 4;

impl<T> Pair<T> {
    /// A thread that is put aside between the readings would make them milliseconds apart on a
    /// busy machine: so the closest of some tries.
    fn read(counter: impl Fn() -> u64, time: impl Fn() -> T) -> Self {
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

/// The counter and the date at one moment. Taken anew all the time, so that the
/// counter's error against the date never adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    counter: u64,
    unix_ns: u64,
}

impl Anchor {
    pub(crate) fn now() -> Self {
        let pair = Pair::read(now, unix_now);
        Self {
            counter: pair.counter,
            unix_ns: pair.time,
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

    /// Whatever the system does with this thread meanwhile.
    #[test]
    fn what_the_unit_is_worth_is_found_out() {
        let clock = Clock::new();
        let wrong = 2.0 * f64::from_bits(clock.unit.load(Relaxed));
        clock.unit.store(wrong.to_bits(), Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(5));
        clock.measure();
        let here = Pair::read(|| clock.counter.raw(), Instant::now);
        let nanos = clock.nanos(clock.origin.counter, here.counter);
        let expected = here.time.duration_since(clock.origin.time).as_nanos() as u64;
        let readings = clock.nanos(0, 2 * (here.apart + clock.origin.apart));
        let allowed =
            readings + (expected as f64 * f64::from_bits(clock.error.load(Relaxed))) as u64 + 2;
        assert!(
            nanos.abs_diff(expected) <= allowed,
            "{nanos} {expected} {allowed}"
        );
        assert!(
            allowed < expected / 4,
            "the wrong one would have been found"
        );
    }
}
