//! A table: what one call of each duration says for each template, against the baseline.

use super::Histogram;
use super::cusum::{LONG_STEP, STEP, STEPS};
use super::density::{Counts, density};
use super::histogram::{BUCKETS, PER_OCTAVE};
use super::inbox::MOST;
use super::lanes::{Group, Lanes};
use super::template::{ALL, TEMPLATES};

/// Rows at most: beyond it, neighbouring buckets share one.
const MOST_ROWS: usize = 512;
/// Rows beyond the baseline's ends, in octaves: as far as the largest location template reaches.
const BEYOND: usize = 2;

/// Scores: ln of the density under each template by that of the baseline. A row for each bucket, or for some
/// neighbouring ones; a column for each template.
#[derive(Debug)]
pub(super) struct Scores {
    scale: Scale,
    rows: Vec<Lanes>,
    /// How likely each row is while nothing has changed.
    expected: Vec<f32>,
    pub(super) columns: [Column; TEMPLATES],
}

/// The same as they count, in whole units: they take half the room, and a processor adds twice as many at once.
#[derive(Debug)]
pub(super) struct Table {
    scale: Scale,
    rows: Vec<Row>,
    /// What a score of 1 is, nats. 0 where a template does not count.
    unit: Lanes,
    /// What a call of the baseline has too much by rounding, on average, nats: where all usual calls say nearly the same,
    /// they are all rounded the same way.
    excess: Lanes,
    pub(super) columns: [Column; TEMPLATES],
}

/// A score for each template, in its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(32))]
pub(super) struct Row([i16; TEMPLATES]);

/// Which row a bucket has: beyond the ends those of the ends.
#[derive(Clone, Copy, Debug)]
struct Scale {
    low: u16,
    /// log₂ of the buckets in a row.
    shift: u32,
    last: u16,
}

impl Scale {
    #[inline(always)]
    fn place(self, bucket: u16) -> u16 {
        (bucket.saturating_sub(self.low) >> self.shift).min(self.last)
    }
}

/// One template against this baseline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Column {
    /// What a call takes away while nothing has changed, on average, nats.
    pub(super) information: f64,
    /// Variance of the score while nothing has changed.
    pub(super) variance: f64,
    /// Excess kurtosis of the score while nothing has changed.
    pub(super) kurtosis: f64,
    /// What a call adds when the template is right, on average, nats.
    pub(super) gain: f64,
}

/// What rare calls may say at most, and all others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clip {
    pub(super) common: f64,
    pub(super) rare: f64,
    /// Share of the baseline left in each template: what bounds scores below.
    pub(super) doubt: f64,
}

impl Scores {
    /// `baseline` must not be empty.
    pub(super) fn new(baseline: &Histogram, clip: Clip) -> Self {
        let (first, last) = (baseline.buckets().next(), baseline.buckets().next_back());
        let bucket = |end: Option<(u16, u32)>| end.map_or(0, |(bucket, _)| usize::from(bucket));
        let reach = BEYOND * PER_OCTAVE;
        let low = bucket(first).saturating_sub(reach);
        let high = (bucket(last) + reach).min(BUCKETS - 1);
        let mut shift = 0;
        while (high - low) >> shift >= MOST_ROWS {
            shift += 1;
        }
        let mut counts = vec![0.0; ((high - low) >> shift) + 1];
        for (bucket, count) in baseline.buckets() {
            counts[(usize::from(bucket) - low) >> shift] += f64::from(count);
        }
        let width = std::f64::consts::LN_2 / PER_OCTAVE as f64 * f64::from(1_u32 << shift);
        let mut scores = Self {
            scale: Scale {
                low: low as u16,
                shift,
                last: (counts.len() - 1) as u16,
            },
            rows: vec![Lanes::default(); counts.len()],
            expected: Vec::new(),
            columns: [Column::default(); TEMPLATES],
        };
        scores.fill(&Counts::new(counts), width, clip);
        scores
    }

    fn fill(&mut self, counts: &Counts, width: f64, clip: Clip) {
        let density = density(counts);
        // What the next calls are drawn from: those seen, and a few beyond.
        let share = (2.0 / counts.total).min(0.05);
        let expected: Vec<f64> = counts
            .counts
            .iter()
            .zip(&density.floor)
            .map(|(count, floor)| (1.0 - share) * count / counts.total + share * floor)
            .collect();
        self.expected = expected.iter().map(|share| *share as f32).collect();
        let mut scores = vec![0.0; counts.counts.len()];
        for (t, template) in ALL.iter().enumerate() {
            let changed = template.apply(&density, counts, width);
            let sum: f64 = changed.iter().sum();
            let highest = if template.is_rare() {
                clip.rare
            } else {
                clip.common
            };
            let most = highest.exp();
            let mut mean = 0.0;
            for (b, score) in scores.iter_mut().enumerate() {
                let ratio = changed[b] / sum / density.f[b];
                let ratio = ((1.0 - clip.doubt) * ratio + clip.doubt).min(most);
                *score = ratio.ln();
                mean += expected[b] * ratio;
            }
            // So that the expectation of exp(score) is 1, as a likelihood ratio's is.
            let excess = mean.ln();
            let mut column = Column::default();
            let mut squares = 0.0;
            for (b, score) in scores.iter_mut().enumerate() {
                *score -= excess;
                column.information -= expected[b] * *score;
                squares += expected[b] * *score * *score;
                column.gain += changed[b] / sum * *score;
                self.rows[b][t] = *score as f32;
            }
            column.variance = squares - column.information * column.information;
            let fourth: f64 = expected
                .iter()
                .zip(&scores)
                .map(|(p, score)| p * (score + column.information).powi(4))
                .sum();
            column.kurtosis = fourth / (column.variance * column.variance).max(1e-12) - 3.0;
            self.columns[t] = column;
        }
    }

    /// The scores of a bucket.
    #[inline]
    pub(super) fn row(&self, bucket: u16) -> &Lanes {
        &self.rows[usize::from(self.scale.place(bucket))]
    }

    /// The same where each template's scores count so much.
    pub(super) fn weighed(&self, weights: &Lanes) -> Table {
        let most = |t: usize| {
            let scores = self.rows.iter().map(|row| row[t].abs());
            weights[t] * scores.fold(0.0, f32::max)
        };
        // So that the sum of a long step's is one still.
        let largest = (i16::MAX as usize / LONG_STEP) as f32;
        let unit = Lanes(std::array::from_fn(|t| most(t) / largest));
        let in_units = |row: &Lanes| {
            // What does not count is 0/0, which becomes 0.
            Row(std::array::from_fn(|t| {
                let units = row[t] * weights[t] / unit[t];
                (units + 0.5_f32.copysign(units)) as i16
            }))
        };
        let mut table = Table {
            scale: self.scale,
            rows: self.rows.iter().map(in_units).collect(),
            unit,
            excess: Lanes::default(),
            columns: self.columns,
        };
        for ((row, exact), share) in table.rows.iter().zip(&self.rows).zip(&self.expected) {
            for t in 0..TEMPLATES {
                let off = f32::from(row.0[t]) * unit[t] - exact[t] * weights[t];
                table.excess[t] += share * off;
            }
        }
        table
    }
}

impl Table {
    /// The scores of a bucket, nats.
    pub(super) fn row(&self, bucket: u16) -> Lanes {
        let row = &self.rows[usize::from(self.scale.place(bucket))];
        Lanes(std::array::from_fn(|t| {
            f32::from(row.0[t]) * self.unit[t] - self.excess[t]
        }))
    }

    /// What so many calls say whose scores have this sum, nats: of a group of templates.
    #[inline(always)]
    pub(super) fn nats(&self, sum: &Row, calls: usize, from: usize) -> Group {
        let calls = calls as f32;
        std::array::from_fn(|t| {
            f32::from(sum.0[from + t]) * self.unit[from + t] - calls * self.excess[from + t]
        })
    }

    /// The scores of calls added, `step` by `step`: of so many steps.
    #[inline(always)]
    pub(super) fn sums(&self, calls: &[u16], step: usize, sums: &mut [Row; STEPS]) -> usize {
        let mut places = [0; MOST];
        for (place, bucket) in places.iter_mut().zip(calls) {
            *place = self.scale.place(*bucket);
        }
        let steps = places[..calls.len()].chunks(step);
        let count = steps.len();
        debug_assert!(count <= STEPS, "calls are taken in that many steps");
        for (sum, step) in sums.iter_mut().zip(steps) {
            *sum = self.sum(step);
        }
        count
    }

    #[inline(always)]
    fn sum(&self, places: &[u16]) -> Row {
        let mut sum = Row::default();
        let mut add = |place: &u16| sum.add(self.rows[usize::from(*place)]);
        let (fours, rest) = places.as_chunks::<STEP>();
        fours.iter().for_each(|four| four.iter().for_each(&mut add));
        rest.iter().for_each(add);
        sum
    }
}

impl Row {
    #[inline(always)]
    fn add(&mut self, other: Self) {
        self.0 = std::array::from_fn(|t| self.0[t].saturating_add(other.0[t]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::lanes::GROUP;
    use crate::drift::limits::PARAMETERS;

    /// Each, those of a long step together, and what makes them likelihood ratios: that exp(score) is 1 on average.
    #[test]
    fn scores_in_units_are_those_in_nats() {
        let mut random = fastrand::Rng::with_seed(1);
        let normal = |random: &mut fastrand::Rng| (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let buckets: Vec<u16> = (0..40_000)
            .map(|_| (700.0 + 3.0 * normal(&mut random)) as u16)
            .collect();
        let baseline = Histogram::of_buckets(&buckets);
        let scores = Scores::new(&baseline, PARAMETERS.clip);
        let mut weights = Lanes([0.3; TEMPLATES]);
        weights[3] = 0.0;
        let table = scores.weighed(&weights);
        for bucket in (0..BUCKETS as u16).step_by(7) {
            let (row, exact) = (table.row(bucket), scores.row(bucket));
            let mut sums = [Row::default(); STEPS];
            assert_eq!(table.sums(&[bucket; LONG_STEP], LONG_STEP, &mut sums), 1);
            let lower = table.nats(&sums[0], LONG_STEP, 0);
            let upper = table.nats(&sums[0], LONG_STEP, GROUP);
            for t in 0..TEMPLATES {
                let off = row[t] - exact[t] * weights[t];
                assert!(off.abs() <= 1.01 * table.unit[t], "{bucket}, {t}: {off}");
                let sum = if t < GROUP {
                    lower[t]
                } else {
                    upper[t - GROUP]
                };
                let all = LONG_STEP as f32 * row[t];
                assert!((sum - all).abs() <= 1e-3 * all.abs().max(table.unit[t]));
            }
        }
        let table = scores.weighed(&Lanes([1.0; TEMPLATES]));
        for t in 0..TEMPLATES {
            let of = |row: &dyn Fn(u16) -> f32| {
                let all = buckets.iter().map(|bucket| f64::from(row(*bucket)).exp());
                all.sum::<f64>() / buckets.len() as f64
            };
            let (exact, rounded) = (of(&|b| scores.row(b)[t]), of(&|b| table.row(b)[t]));
            assert!(
                (rounded / exact - 1.0).abs() < 1e-3,
                "{t}: {exact} {rounded}"
            );
        }
    }
}
