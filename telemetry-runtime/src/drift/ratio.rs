//! A ratio: how many of a tool's calls are of some kind (failed, made by one caller), and whether
//! that has changed.

use super::limit;
use super::turn::{Evidence, Passed, Turn};

/// Odds of the ratio by those of the baseline, one CUSUM each. The largest is for what has never
/// happened so far: whatever its ratio may be, it is not a hundred times that of one in as many trials.
const ODDS: [f64; 5] = [1.7, 4.0, 100.0, 1.0 / 1.7, 1.0 / 4.0];
/// Trials in a block, whose variance shows dependence.
const BLOCK: u64 = 64;
/// Trials before anything is watched.
const FIRST: u64 = 200;

/// A share of trials, watched by Bernoulli CUSUMs (Reynolds & Stoumbos 1999).
#[derive(Clone, Debug, Default)]
pub(super) struct Ratio {
    /// What is known to be normal.
    hits: f64,
    trials: f64,
    /// The newest, not yet taken for normal.
    new: (u64, u64),
    block: (u64, u64),
    /// Squared deviations of blocks by their expectation, and how many: the dispersion.
    squares: (f64, u64),
    /// The same of blocks that may be those of a change.
    new_squares: (f64, u64),
    evidence: Evidence<Mark, { ODDS.len() }>,
    /// All hits and trials so far.
    total: (u64, u64),
    scale: Scale,
}

/// What a hit and a miss say for each template, and how much is enough: made anew where the baseline
/// has become another by a twentieth.
#[derive(Clone, Debug, Default)]
struct Scale {
    hits: f64,
    trials: f64,
    calls: f64,
    /// A hit, a miss, and the limit; `None` where too little is known.
    templates: [Option<(f64, f64, f64)>; ODDS.len()],
}

impl Scale {
    fn is_of(&self, hits: f64, trials: f64, calls: f64) -> bool {
        let near = |was: f64, is: f64| (is - was).abs() <= was / 20.0;
        near(self.hits, hits) && near(self.trials, trials) && near(self.calls, calls)
    }
}

/// A place in the stream of trials.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub(super) at: u64,
    hits: u64,
    trials: u64,
}

impl Ratio {
    /// Takes in some trials, some hundred at most. `calls`: trials to one false alarm.
    pub(super) fn add(&mut self, hits: u64, trials: u64, at: u64, calls: f64) -> Option<Turn> {
        if self.total.1 == 0 {
            self.evidence.begin(self.here(at));
        }
        self.total = (self.total.0 + hits, self.total.1 + trials);
        let turn = if self.trials >= FIRST as f64 {
            self.score(hits, trials, at, calls)
        } else {
            self.evidence.begin(self.here(at));
            None
        };
        if !self.evidence.is_changed() {
            self.learn(hits, trials);
        }
        turn
    }

    fn here(&self, at: u64) -> Mark {
        Mark {
            at,
            hits: self.total.0,
            trials: self.total.1,
        }
    }

    fn normal(&self) -> f64 {
        (self.hits + 0.5) / (self.trials + 1.0)
    }

    fn score(&mut self, hits: u64, trials: u64, at: u64, calls: f64) -> Option<Turn> {
        if !self.scale.is_of(self.hits, self.trials, calls) {
            self.scale = self.scale_for(calls);
        }
        let here = self.here(at);
        for t in 0..ODDS.len() {
            let Some((hit, miss, limit)) = self.scale.templates[t] else {
                continue;
            };
            let score = hits as f64 * hit + (trials - hits) as f64 * miss;
            // A few trials are not drift.
            let Some(passed) = self.evidence.add(t, (score, limit / 3.0), limit, here) else {
                continue;
            };
            if passed.recovered {
                self.evidence.end(here);
                self.forget_new();
            }
            return Some(self.turn(passed));
        }
        None
    }

    fn scale_for(&self, calls: f64) -> Scale {
        let normal = self.normal();
        let dispersion = self.dispersion();
        let templates = ODDS.map(|odds| {
            let (hit, miss) = scores(normal, odds);
            let information = -(normal * hit + (1.0 - normal) * miss) / dispersion;
            let exact = limit::cusum(calls * ODDS.len() as f64, information);
            let limit = limit::uncertain(exact, self.trials * information)?;
            Some((hit / dispersion, miss / dispersion, limit))
        });
        Scale {
            hits: self.hits,
            trials: self.trials,
            calls,
            templates,
        }
    }

    /// The turn was told: its end is looked for. Otherwise it was too small.
    pub(super) fn told(&mut self, told: bool, at: u64) {
        self.evidence.told(told, self.here(at), at);
        self.forget_new();
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
            total: self.total,
            ..Self::default()
        };
        Some(turn)
    }

    /// Starts from what was counted before.
    pub(super) fn import(&mut self, hits: u64, trials: u64) {
        // No more than it would remember.
        let share = (1e6 / trials.max(1) as f64).min(1.0);
        self.hits += hits as f64 * share;
        self.trials += trials as f64 * share;
    }

    fn forget_new(&mut self) {
        self.new = (0, 0);
        self.block = (0, 0);
        self.new_squares = (0.0, 0);
    }

    fn turn(&self, passed: Passed<Mark>) -> Turn {
        let since = passed.since;
        let trials = (self.total.1 - since.trials).max(1);
        let after = (self.total.0 - since.hits) as f64 / trials as f64;
        // Wilson 1927, with Agresti and Coull's two of each for the few.
        let n = trials as f64 + 4.0;
        let middle = (after * trials as f64 + 2.0) / n;
        let off = 1.645 * (middle * (1.0 - middle) * self.dispersion() / n).sqrt();
        let before = self.normal();
        Turn {
            recovered: passed.recovered,
            before,
            after,
            at_most: (middle + off - before)
                .abs()
                .max((middle - off - before).abs())
                / before,
            calls: trials,
            since: since.at,
            evidence: passed.evidence,
            limit: passed.limit,
        }
    }

    fn learn(&mut self, hits: u64, trials: u64) {
        self.block = (self.block.0 + hits, self.block.1 + trials);
        if self.block.1 >= BLOCK {
            let (hits, trials) = std::mem::take(&mut self.block);
            let normal = (self.hits + hits as f64 + 0.5) / (self.trials + trials as f64 + 1.0);
            let off = hits as f64 - normal * trials as f64;
            self.new_squares.0 += off * off / (normal * (1.0 - normal) * trials as f64);
            self.new_squares.1 += 1;
        }
        self.new = (self.new.0 + hits, self.new.1 + trials);
        if self.evidence.is_below(3.0) && self.new.1 >= BLOCK * 2 {
            let (hits, trials) = std::mem::take(&mut self.new);
            self.hits += hits as f64;
            self.trials += trials as f64;
            let (squares, blocks) = std::mem::take(&mut self.new_squares);
            self.squares = (self.squares.0 + squares, self.squares.1 + blocks);
            // The newest million counts.
            if self.trials > 1e6 {
                self.hits /= 2.0;
                self.trials /= 2.0;
            }
        }
    }

    /// By how much blocks vary more than independent trials would; what chance explains is 1.
    fn dispersion(&self) -> f64 {
        let blocks = self.squares.1.max(1) as f64;
        let found = self.squares.0 / blocks;
        // Of a Poisson number of mean λ, (x − λ)²/λ has the variance 2 + 1/λ.
        let normal = self.normal();
        let mean = BLOCK as f64 * normal * (1.0 - normal);
        if found > 1.0 + 2.5 * ((2.0 + 1.0 / mean) / blocks).sqrt() {
            found
        } else {
            1.0
        }
    }
}

/// Log-likelihood ratios of a hit and a miss where the odds are so many times as high.
fn scores(normal: f64, odds: f64) -> (f64, f64) {
    let changed = odds * normal / (1.0 - normal + odds * normal);
    (
        (changed / normal).ln(),
        ((1.0 - changed) / (1.0 - normal)).ln(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(change: f64, seed: u64) -> Vec<Turn> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ratio = Ratio::default();
        let mut turns = Vec::new();
        for batch in 0..6_000_u64 {
            let chance = if (3_000..4_500).contains(&batch) {
                change
            } else {
                0.01
            };
            let hits = (0..8).filter(|_| random.f64() < chance).count();
            if let Some(turn) = ratio.add(hits as u64, 8, batch, 1e8) {
                if !turn.recovered {
                    ratio.told(true, batch);
                }
                turns.push(turn);
            }
        }
        turns
    }

    #[test]
    fn a_change_and_its_end_are_told_once_each() {
        let told = turns(0.05, 1);
        assert_eq!(
            told.iter().map(|turn| turn.recovered).collect::<Vec<_>>(),
            [false, true],
            "{told:?}"
        );
        assert!((3_000..3_200).contains(&told[0].since));
        assert!(told[0].after > 0.03 && told[0].before < 0.015);
    }

    #[test]
    fn nothing_is_told_of_nothing() {
        let told: usize = (0..20).map(|seed| turns(0.01, seed).len()).sum();
        assert_eq!(told, 0);
    }

    /// However its blocks lie: those of the change say nothing about how much normal ones vary.
    #[test]
    fn a_large_change_is_told_within_a_hundred_trials() {
        for phase in 0..BLOCK / 8 {
            let mut ratio = Ratio::default();
            let usual = 500 + phase;
            let told = (0..usual + 100).find(|batch| {
                let hits = if *batch < usual {
                    u64::from(batch % 6 == 0)
                } else {
                    4
                };
                ratio.add(hits, 8, *batch, 1e8).is_some()
            });
            assert!(
                told.is_some_and(|batch| (usual..usual + 13).contains(&batch)),
                "{phase}: {told:?}"
            );
        }
    }

    /// Also where what is normal was known before.
    #[test]
    fn what_changes_at_once_has_changed_since_the_first_trial() {
        for known in [0, 4_000] {
            let mut ratio = Ratio::default();
            ratio.import(0, known);
            let usual = if known == 0 { FIRST / 8 + 16 } else { 0 };
            let turn = (1_000..2_000).find_map(|batch| {
                let hits = if batch < 1_000 + usual { 0 } else { 8 };
                ratio.add(hits, 8, batch, 1e8)
            });
            let since = turn.expect("it is seen").since;
            assert!((1_000..=1_000 + usual).contains(&since), "{known}: {since}");
        }
    }

    #[test]
    fn what_is_accepted_is_normal_and_says_what_it_was() {
        let mut ratio = Ratio::default();
        assert!(ratio.accept().is_none());
        let mut add = |hits, batches| {
            (0..batches).find_map(|batch| {
                let turn = ratio.add(hits, 8, batch, 1e8)?;
                ratio.told(true, batch);
                Some(turn)
            })
        };
        assert!(add(0, 500).is_none());
        assert!(add(2, 500).is_some());
        let accepted = ratio.accept().expect("a change was told");
        assert!(accepted.before < 0.001 && (accepted.after - 0.25).abs() < 0.01);
        assert!(ratio.told_at().is_none());
        let again = (0..2_000).find_map(|batch| ratio.add(2, 8, batch, 1e8));
        assert!(again.is_none(), "{again:?}");
    }
}
