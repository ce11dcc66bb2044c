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
    pub(super) columns: [Column; TEMPLATES],
}

/// The same as they count, in whole units: they take half the room, and a processor adds twice as many at once.
#[derive(Debug)]
pub(super) struct Table {
    scale: Scale,
    rows: Vec<Row>,
    /// What a score of 1 is, nats. 0 where a template does not count.
    pub(super) unit: Lanes,
    pub(super) columns: [Column; TEMPLATES],
}

/// A score in units of the template's. Those of a long step, added, are one still.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(32))]
pub(super) struct Row(pub(super) [i16; TEMPLATES]);

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
        let largest = (i16::MAX as usize / LONG_STEP) as f32;
        let unit = Lanes(std::array::from_fn(|t| most(t) / largest));
        let in_units = |row: &Lanes| {
            // What does not count is 0/0, which becomes 0.
            Row(std::array::from_fn(|t| {
                let units = row[t] * weights[t] / unit[t];
                (units + 0.5_f32.copysign(units)) as i16
            }))
        };
        Table {
            scale: self.scale,
            rows: self.rows.iter().map(in_units).collect(),
            unit,
            columns: self.columns,
        }
    }
}

impl Table {
    /// The scores of a bucket, nats.
    pub(super) fn row(&self, bucket: u16) -> Lanes {
        self.rows[usize::from(self.scale.place(bucket))].nats(&self.unit)
    }

    /// The scores of calls added, `step` by `step`.
    #[inline(always)]
    pub(super) fn sums(&self, calls: &[u16], step: usize, sums: &mut [Row; STEPS]) -> usize {
        let mut places = [0; MOST];
        for (place, bucket) in places.iter_mut().zip(calls) {
            *place = self.scale.place(*bucket);
        }
        let steps = places[..calls.len()].chunks(step);
        let count = steps.len();
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
    /// Of no more than a long step's calls.
    #[inline(always)]
    fn add(&mut self, other: Self) {
        self.0 = std::array::from_fn(|t| self.0[t].wrapping_add(other.0[t]));
    }

    fn nats(&self, unit: &Lanes) -> Lanes {
        Lanes(std::array::from_fn(|t| f32::from(self.0[t]) * unit[t]))
    }

    /// A group of them, in nats.
    #[inline(always)]
    pub(super) fn group(&self, from: usize, unit: &Lanes) -> Group {
        std::array::from_fn(|t| f32::from(self.0[from + t]) * unit[from + t])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::limits::PARAMETERS;

    /// Whatever the calls are: as many as are added at once, of one bucket, are so many times one.
    #[test]
    fn scores_in_units_are_those_in_nats() {
        let baseline =
            Histogram::of_buckets(&(0..4_000).map(|b| 600 + b % 150).collect::<Vec<_>>());
        let scores = Scores::new(&baseline, PARAMETERS.clip);
        let mut weights = Lanes([0.3; TEMPLATES]);
        weights[3] = 0.0;
        let table = scores.weighed(&weights);
        for bucket in (0..BUCKETS as u16).step_by(7) {
            let (row, exact) = (table.row(bucket), scores.row(bucket));
            let mut sums = [Row::default(); STEPS];
            let steps = table.sums(&[bucket; LONG_STEP], LONG_STEP, &mut sums);
            assert_eq!(steps, 1);
            for t in 0..TEMPLATES {
                let off = row[t] - exact[t] * weights[t];
                assert!(off.abs() <= 0.51 * table.unit[t], "{bucket}, {t}: {off}");
                let sum = f32::from(sums[0].0[t]) * table.unit[t];
                assert!((sum - LONG_STEP as f32 * row[t]).abs() <= 1e-4 * sum.abs());
            }
        }
    }
}
