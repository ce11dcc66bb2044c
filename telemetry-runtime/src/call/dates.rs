//! The dates of readings of the counter, whenever those were made.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::{self, Pair};

/// What is known of the past. Looked into for readings that are older than its newest stretch,
/// which are those of calls that take long.
static DATES: Mutex<Dates> = Mutex::new(Dates::new());
/// Where the newest stretch begins: a hint, which may be a moment old.
static SINCE: AtomicU64 = AtomicU64::new(0);

/// The date and the counter have gone apart by so much, ns: they do by and by, for nobody's clock
/// is right, and at once when the date is set or the machine was suspended.
const APART: u64 = 400_000;
/// Stretches that are remembered, 32 bytes each; where both clocks are fair it is one in minutes.
const REMEMBERED: usize = 1024;
/// How far ahead of an anchor its own stretch goes, ns: for readings made after it.
const AHEAD: u64 = 60_000_000_000;
/// A counter that goes back by no more than this, ns, has not begun anew.
const NOT_ANEW: f64 = 1e6;

/// The counter and the date at one moment. Taken anew all the time, so that the counter's error
/// against the date never adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    here: Here,
    /// Readings before this one have a stretch of their own, and so have those after `until`.
    since: u64,
    until: u64,
}

/// A date, Unix time in ns, and the counter then.
#[derive(Clone, Copy, Debug)]
struct Here {
    counter: u64,
    unix_ns: u64,
}

impl Here {
    #[inline]
    fn date(self, reading: u64, nanos: impl Fn(u64, u64) -> u64) -> u64 {
        if reading <= self.counter {
            self.unix_ns.saturating_sub(nanos(reading, self.counter))
        } else {
            self.unix_ns.saturating_add(nanos(self.counter, reading))
        }
    }
}

impl Anchor {
    pub(crate) fn now() -> Self {
        let pair = Pair::read(clock::now, clock::unix_now);
        Self {
            here: Here {
                counter: pair.counter,
                unix_ns: pair.time,
            },
            since: SINCE.load(Relaxed),
            until: pair.counter.saturating_add(clock::units_at_least(AHEAD)),
        }
    }

    /// Unix time, ns, of a reading of the counter.
    #[inline]
    pub(crate) fn unix_ns(&self, reading: u64) -> u64 {
        if reading >= self.since && reading <= self.until {
            self.here.date(reading, clock::nanos)
        } else {
            self.unix_ns_before(reading)
        }
    }

    #[cold]
    fn unix_ns_before(&self, reading: u64) -> u64 {
        let here = dates().find(reading, self.until).unwrap_or(self.here);
        here.date(reading, clock::nanos)
    }
}

/// Compares the counter with the date. Called by the collector every few milliseconds.
pub(super) fn look() {
    let pair = Pair::read(clock::now, clock::unix_now);
    let mut dates = dates();
    dates.look(pair, clock::unit());
    SINCE.store(dates.since(), Relaxed);
}

fn dates() -> MutexGuard<'static, Dates> {
    DATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Times in which the date went with the counter, within [`APART`]. Readings of each have the date
/// that the clock showed then, whatever has happened to it since.
#[derive(Debug)]
struct Dates {
    /// Oldest first.
    stretches: VecDeque<Stretch>,
    /// The counter at the last look.
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Readings that belong to it. The newest goes on.
    from: u64,
    until: u64,
    here: Here,
}

impl Dates {
    const fn new() -> Self {
        Self {
            stretches: VecDeque::new(),
            seen: 0,
        }
    }

    /// `unit`: ns that a unit of the counter is worth.
    fn look(&mut self, pair: Pair, unit: f64) {
        let nanos = |start: u64, end: u64| (end.saturating_sub(start) as f64 * unit) as u64;
        let begins_anew = (self.seen.saturating_sub(pair.counter) as f64) * unit > NOT_ANEW;
        let goes_on = self.stretches.back().is_some_and(|newest| {
            let date = newest.here.date(pair.counter, nanos);
            date.abs_diff(pair.time) <= APART + nanos(0, pair.apart)
        });
        if begins_anew || !goes_on {
            if let Some(newest) = self.stretches.back_mut() {
                newest.until = self.seen;
            }
            if self.stretches.len() >= REMEMBERED {
                self.stretches.pop_front();
            }
            self.stretches.push_back(Stretch {
                // What was read since the last look may be of either: it is taken for the newer.
                from: if begins_anew { 0 } else { self.seen },
                until: u64::MAX,
                here: Here {
                    counter: pair.counter,
                    unix_ns: pair.time,
                },
            });
        }
        self.seen = pair.counter;
    }

    /// Where the newest begins.
    fn since(&self) -> u64 {
        self.stretches.back().map_or(0, |newest| newest.from)
    }

    /// A date near to a reading, which is at most `until`: then the newest stretch is none for it.
    fn find(&self, reading: u64, until: u64) -> Option<Here> {
        let newest_first = self.stretches.iter().rev();
        let found = newest_first.map(|stretch| Stretch {
            until: stretch.until.min(until),
            ..*stretch
        });
        let mut found = found.filter(|stretch| (stretch.from..=stretch.until).contains(&reading));
        let found = found.next().or(self.stretches.front().copied());
        found.map(|stretch| stretch.here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const SECOND: u64 = 1000 * MS;
    const HOUR: u64 = 3600 * SECOND;

    #[test]
    fn readings_before_and_after_the_anchor_fall_on_both_sides_of_it() {
        let before = clock::now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let anchor = Anchor::now();
        let after = clock::now();
        assert!(anchor.unix_ns(before) <= anchor.here.unix_ns - 2 * MS);
        assert!(anchor.unix_ns(after) >= anchor.here.unix_ns);
    }

    /// A machine over days: its counter, and what its clock says.
    struct Machine {
        counter: u64,
        date: u64,
        /// ns a unit by the clock, as it goes now.
        pace: f64,
        dates: Dates,
        /// What the unit is thought to be worth.
        unit: f64,
        /// Readings with the dates that the clock showed.
        shown: Vec<(u64, u64)>,
    }

    impl Machine {
        fn new() -> Self {
            Self {
                counter: 1 << 42,
                date: 1_800_000_000 * SECOND,
                pace: 0.4,
                dates: Dates::new(),
                unit: 0.4,
                shown: Vec::new(),
            }
        }

        /// So many looks, 50 ms from each other, with a reading remembered now and then.
        fn run(&mut self, looks: u64) {
            for look in 0..looks {
                self.pass(25 * MS);
                if look % 997 == 0 {
                    self.shown.push((self.counter, self.date));
                }
                self.pass(25 * MS);
                let pair = Pair {
                    counter: self.counter,
                    time: self.date,
                    apart: 100,
                };
                self.dates.look(pair, self.unit);
            }
        }

        fn pass(&mut self, nanos: u64) {
            self.counter += (nanos as f64 / self.pace) as u64;
            self.date += nanos;
        }

        /// By how much, ns, the date of any of the readings is wrong now.
        fn worst(&self) -> u64 {
            let nanos =
                |start: u64, end: u64| (end.saturating_sub(start) as f64 * self.unit) as u64;
            let until = self.counter + SECOND;
            let wrong = |(reading, date): &(u64, u64)| {
                let here = self.dates.find(*reading, until).expect("it has looked");
                here.date(*reading, nanos).abs_diff(*date)
            };
            self.shown.iter().map(wrong).max().expect("some readings")
        }
    }

    /// Paces as clocks have them, ± 40 millionths of the one that was measured, each for an hour.
    #[test]
    fn over_days_starts_are_right_to_the_millisecond() {
        let mut machine = Machine::new();
        for hour in 0..72_u32 {
            machine.pace = 0.4 * (1.0 + f64::from(hour * 7 % 9) * 1e-6 - 4e-6);
            machine.run(HOUR / (50 * MS) / 10);
            // An hour without so many looks: what was between them is the same.
            machine.pass(HOUR * 9 / 10);
        }
        assert!(machine.worst() < MS, "{} ns", machine.worst());
        assert!(machine.dates.stretches.len() <= REMEMBERED);
    }

    #[test]
    fn a_clock_that_is_set_changes_no_date_of_before() {
        let steps: [fn(&mut Machine); 4] = [
            |machine| machine.date -= HOUR,
            |machine| machine.date += 24 * HOUR,
            |machine| machine.date -= 3 * MS,
            |machine| machine.date = 0,
        ];
        for (number, step) in steps.into_iter().enumerate() {
            let mut machine = Machine::new();
            machine.run(5000);
            step(&mut machine);
            machine.run(5000);
            assert!(machine.worst() < MS, "{number}: {} ns", machine.worst());
            assert_eq!(machine.dates.stretches.len(), 2, "{number}");
        }
    }

    /// The counter goes on while the machine sleeps, stands still, or begins anew.
    #[test]
    fn a_machine_that_slept_changes_no_date_of_before() {
        let nights: [fn(&mut Machine); 3] = [
            |machine| machine.pass(8 * HOUR),
            |machine| machine.date += 8 * HOUR,
            |machine| {
                machine.date += 8 * HOUR;
                machine.counter = 1000;
            },
        ];
        for (number, sleep) in nights.into_iter().enumerate() {
            let mut machine = Machine::new();
            machine.run(5000);
            sleep(&mut machine);
            machine.run(5000);
            assert!(machine.worst() < MS, "{number}: {} ns", machine.worst());
        }
    }

    /// Clocks so bad that more happens than is remembered: what is recent stays right.
    #[test]
    fn what_is_remembered_is_bounded() {
        let mut machine = Machine::new();
        for _ in 0..3 * REMEMBERED {
            machine.run(2);
            machine.date += 10 * MS;
        }
        assert_eq!(machine.dates.stretches.len(), REMEMBERED);
        let old = machine.shown.len() - REMEMBERED / 2;
        machine.shown.drain(..old);
        assert!(machine.worst() < MS, "{} ns", machine.worst());
    }
}
