//! The rate of calls, and whether it has changed.

use super::clock::SECOND;
use super::limit;
use super::turn::{Evidence, Passed, Turn};

/// Rates by that of the baseline, one CUSUM each.
const FACTORS: [f64; 4] = [1.5, 3.0, 1.0 / 1.5, 1.0 / 3.0];
/// How fast the baseline follows the day: the mean of the last ten minutes and more.
const FOLLOWS: f64 = 600.0;
/// Time before anything is watched, s.
const FIRST: f64 = 120.0;
/// Scales on which dispersion is measured, s.
const SCALES: [f64; 3] = [1.0, 10.0, 100.0];

/// Calls a second, watched by Poisson CUSUMs (Lucas 1985) over bins of a second or more, against a
/// baseline that follows slowly: the day's load is no drift.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate {
    bin: u64,
    bin_began: u64,
    /// Calls and seconds of the baseline, with an exponential window.
    calls: f64,
    seconds: f64,
    dispersion: [Dispersion; SCALES.len()],
    evidence: Evidence<Mark, { FACTORS.len() }>,
    total: Mark,
}

#[derive(Clone, Copy, Debug, Default)]
struct Dispersion {
    calls: f64,
    seconds: f64,
    squares: f64,
    blocks: f64,
}

/// A place in the stream of bins.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: u64,
    calls: u64,
    seconds: f64,
}

impl Rate {
    /// So many calls.
    pub(super) fn calls(&mut self, calls: u64) {
        self.bin += calls;
    }

    /// Calls a second of the bin so far.
    pub(super) fn pace(&self, at: u64) -> f64 {
        let nanos = at.saturating_sub(self.bin_began).max(SECOND);
        self.bin as f64 * SECOND as f64 / nanos as f64
    }

    /// Time has come so far. `days`: days to one false alarm.
    pub(super) fn close(&mut self, at: u64, days: f64) -> Option<Turn> {
        let began = std::mem::replace(&mut self.bin_began, at);
        let calls = std::mem::take(&mut self.bin);
        if began == 0 || at <= began {
            return None;
        }
        let seconds = (at - began) as f64 / SECOND as f64;
        self.total = Mark {
            at,
            calls: self.total.calls + calls,
            seconds: self.total.seconds + seconds,
        };
        let turn = if self.seconds >= FIRST && self.calls >= 100.0 {
            self.score(calls as f64, seconds, days)
        } else {
            self.evidence.begin(self.total);
            None
        };
        if !self.evidence.is_changed() {
            self.learn(calls as f64, seconds);
        }
        turn
    }

    /// Time that nobody saw (the machine slept): as if it had not been.
    pub(super) fn skip(&mut self, at: u64) {
        self.bin = 0;
        self.bin_began = at;
        self.evidence.begin(self.total);
    }

    fn score(&mut self, calls: f64, seconds: f64, days: f64) -> Option<Turn> {
        let normal = self.calls / self.seconds;
        let dispersion = self.dispersion();
        for (t, factor) in FACTORS.iter().enumerate() {
            let score = (calls * factor.ln() - normal * (factor - 1.0) * seconds) / dispersion;
            // Of a second, as the limit is for seconds.
            let information = normal * (factor - 1.0 - factor.ln()) / dispersion;
            let exact = limit::cusum(days * 86_400.0 * FACTORS.len() as f64, information.min(1.0));
            let Some(limit) = limit::uncertain(exact, self.seconds * information) else {
                continue;
            };
            // Ten seconds and more make a change, whatever they say.
            let score = score.clamp(
                -limit / 10.0 * seconds.max(1.0),
                limit / 10.0 * seconds.clamp(1.0, 4.0),
            );
            let Some(passed) = self.evidence.add(t, (score, score), limit, self.total) else {
                continue;
            };
            if passed.recovered {
                self.evidence.end(self.total);
            }
            return Some(self.turn(passed));
        }
        None
    }

    fn turn(&self, passed: Passed<Mark>) -> Turn {
        let since = passed.since;
        let calls = self.total.calls - since.calls;
        let before = self.calls / self.seconds;
        let after = calls as f64 / (self.total.seconds - since.seconds).max(1e-3);
        Turn {
            recovered: passed.recovered,
            before,
            after,
            at_most: (after / before - 1.0).abs(),
            calls,
            since: since.at,
            evidence: passed.evidence,
            limit: passed.limit,
        }
    }

    /// The turn was told: its end is looked for. Otherwise it was too small.
    pub(super) fn told(&mut self, told: bool) {
        self.evidence.told(told, self.total, self.total.at);
    }

    /// Since when a change has been told that is not over.
    pub(super) fn told_at(&self) -> Option<u64> {
        self.evidence.told_at()
    }

    /// What it is now is normal: gives the change that this ends.
    pub(super) fn accept(&mut self) -> Option<Turn> {
        let turn = self.turn(Passed {
            recovered: false,
            since: self.evidence.began()?,
            evidence: 0.0,
            limit: 0.0,
        });
        *self = Self {
            bin_began: self.bin_began,
            ..Self::default()
        };
        Some(turn)
    }

    fn learn(&mut self, calls: f64, seconds: f64) {
        // Slow tools need longer to have been called often enough.
        let rate = self.calls / self.seconds.max(1.0);
        let window = FOLLOWS.max(300.0 / rate.max(1e-6)).min(86_400.0);
        let keep = (-seconds / window).exp();
        self.calls = self.calls * keep + calls;
        self.seconds = self.seconds * keep + seconds;
        if self.seconds < FIRST / 2.0 {
            return;
        }
        for (scale, length) in self.dispersion.iter_mut().zip(SCALES) {
            scale.calls += calls;
            scale.seconds += seconds;
            if scale.seconds >= length {
                let expected = (rate * scale.seconds).max(1e-9);
                let off = scale.calls - expected;
                scale.squares = scale.squares * 0.998 + off * off / expected;
                scale.blocks = scale.blocks * 0.998 + 1.0;
                (scale.calls, scale.seconds) = (0.0, 0.0);
            }
        }
    }

    /// Variance by mean of counts: the largest of the scales, 1 at least.
    fn dispersion(&self) -> f64 {
        let of = |scale: &Dispersion| {
            let found = scale.squares / scale.blocks.max(1.0);
            if found > 1.0 + 2.5 * (2.0 / scale.blocks.max(1.0)).sqrt() {
                found
            } else {
                1.0
            }
        };
        self.dispersion.iter().map(of).fold(1.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(seed: u64, gap: impl Fn(f64) -> f64) -> Vec<Turn> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut rate = Rate::default();
        let mut at = 1_700_000_000.0;
        let mut turns = Vec::new();
        while at < 1_700_003_600.0 {
            at += -(1.0 - random.f64()).ln() * gap(at - 1_700_000_000.0);
            rate.calls(1);
            let now = (at * 1e9) as u64;
            if now - rate.bin_began >= SECOND
                && let Some(turn) = rate.close(now, 10.0)
            {
                if !turn.recovered {
                    rate.told(true);
                }
                turns.push(turn);
            }
        }
        turns
    }

    #[test]
    fn twice_as_often_and_back() {
        let told = turns(1, |at| {
            if (1_800.0..2_400.0).contains(&at) {
                0.05
            } else {
                0.1
            }
        });
        assert_eq!(
            told.iter().map(|turn| turn.recovered).collect::<Vec<_>>(),
            [false, true],
            "{told:?}"
        );
        assert!(
            (told[0].after / told[0].before - 2.0).abs() < 0.5,
            "{told:?}"
        );
    }

    #[test]
    fn the_load_of_a_day_is_no_drift() {
        for seed in 0..5 {
            // From 10 to 20 calls a second within an hour.
            assert!(turns(seed, |at| 0.1 / (1.0 + at / 3_600.0)).is_empty());
        }
    }
}
