//! What a unit of the counter is worth, found out while the process runs.

use super::clock::Pair;

/// Measured against the system's monotonic clock, over as long as the two have gone on side by
/// side: 1 µs of 10 ms at first, 1 µs of a minute soon.
///
/// `quanta` measures once, within microseconds; put aside by the system meanwhile it is wrong by
/// more than 1 %.
///
/// A machine that was suspended, or moved to another host, has one clock jump against the other:
/// the counter goes on, stops, or begins anew, as the processor has it. What was measured before
/// holds on, and a new stretch is begun.
#[derive(Debug)]
pub(super) struct Unit {
    /// Where the stretch began, and where it was last looked at. Times are ns of the monotonic
    /// clock.
    origin: Pair,
    last: Pair,
    nanos: f64,
    /// By what share that is wrong at most.
    error: f64,
}

/// A better measurement than this is not waited for: the counter itself drifts.
const GOOD_ENOUGH: f64 = 1e-6;
/// Known as well as this, a jump can be told from an error.
const KNOWN: f64 = 1e-2;
/// By what share a clock may be slowed or hurried: Linux allows 10 %.
const SLEWED: f64 = 0.2;
/// What is no jump in any case, ns.
const NO_JUMP: f64 = 1e6;

impl Unit {
    /// Worth `nanos`, as far as is known.
    pub(super) fn new(origin: Pair, nanos: f64) -> Self {
        Self {
            origin,
            last: origin,
            nanos,
            error: 1.0,
        }
    }

    /// Takes another look into account. Gives what the unit is worth, ns.
    pub(super) fn measure(&mut self, here: Pair) -> f64 {
        if self.has_jumped(here) {
            self.origin = here;
        }
        self.last = here;
        let units = here.counter.saturating_sub(self.origin.counter) as f64;
        let error = (here.apart + self.origin.apart) as f64 / units.max(1.0);
        if error <= self.error.max(GOOD_ENOUGH) {
            let nanos = here.time.saturating_sub(self.origin.time);
            self.nanos = nanos as f64 / units;
            self.error = error;
        }
        self.nanos
    }

    fn has_jumped(&self, here: Pair) -> bool {
        let Some(units) = here.counter.checked_sub(self.last.counter) else {
            return true;
        };
        let expected = units as f64 * self.nanos;
        let passed = here.time.saturating_sub(self.last.time) as f64;
        let apart = (here.apart + self.last.apart) as f64 * self.nanos;
        self.error <= KNOWN
            && (expected - passed).abs() > NO_JUMP + apart + SLEWED * expected.max(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Two clocks side by side; a unit is worth half a nanosecond.
    struct Clocks {
        counter: u64,
        time: u64,
    }

    impl Clocks {
        fn pass(&mut self, nanos: u64) -> Pair {
            self.counter += 2 * nanos;
            self.time += nanos;
            Pair {
                counter: self.counter,
                time: self.time,
                apart: 50,
            }
        }
    }

    fn clocks() -> Clocks {
        Clocks {
            counter: 1 << 40,
            time: 0,
        }
    }

    #[test]
    fn a_wrong_guess_is_found_out_within_milliseconds() {
        for guess in [0.01, 0.49, 0.5, 7.0] {
            let mut clocks = clocks();
            let mut unit = Unit::new(clocks.pass(0), guess);
            let found = unit.measure(clocks.pass(5 * MS));
            assert!((found / 0.5 - 1.0).abs() < 1e-4, "{guess}: {found}");
            let found = unit.measure(clocks.pass(60_000 * MS));
            assert!((found / 0.5 - 1.0).abs() < 1e-8, "{guess}: {found}");
        }
    }

    /// A night's sleep: of the counter alone, of the monotonic clock alone; a counter that begins
    /// anew. None changes what a unit is worth.
    #[test]
    fn a_jump_of_either_clock_is_none_of_the_unit() {
        let jumps: [fn(&mut Clocks); 4] = [
            |clocks| clocks.counter += 2 * 28_800_000 * MS,
            |clocks| clocks.time += 28_800_000 * MS,
            |clocks| clocks.counter = 0,
            |clocks| clocks.counter -= 1000,
        ];
        for (number, jump) in jumps.into_iter().enumerate() {
            let mut clocks = clocks();
            let mut unit = Unit::new(clocks.pass(0), 0.5);
            for _ in 0..1000 {
                unit.measure(clocks.pass(5 * MS));
            }
            jump(&mut clocks);
            for look in 0..1000 {
                let found = unit.measure(clocks.pass(5 * MS));
                assert!(
                    (found / 0.5 - 1.0).abs() < 2e-6,
                    "{number}, {look}: {found}"
                );
            }
        }
    }

    /// What an administrator's daemon does is followed, not taken for a jump.
    #[test]
    fn a_clock_that_is_hurried_is_followed() {
        let mut clocks = clocks();
        let mut unit = Unit::new(clocks.pass(0), 0.5);
        let mut found = 0.0;
        for _ in 0..10_000 {
            clocks.time += 50_000;
            found = unit.measure(clocks.pass(MS));
        }
        assert!((found / 0.525 - 1.0).abs() < 1e-4, "{found}");
    }
}
