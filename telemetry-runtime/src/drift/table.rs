//! A table: what one call of each duration says for each template, against the baseline.

use super::Histogram;
use super::density::{Counts, density};
use super::histogram::{BUCKETS, PER_OCTAVE};
use super::lanes::Lanes;
use super::pending::MOST;
use super::template::{ALL, TEMPLATES};

/// Rows at most: beyond it, neighbouring buckets share one.
const MOST_ROWS: usize = 512;
/// Rows beyond the baseline's ends, in octaves: as far as the largest location template reaches.
const BEYOND: usize = 2;

/// One row a bucket, one column a template.
pub(super) type Row = Lanes;

/// Scores: ln of the density under each template by that of the baseline, as they [count](Table::weigh).
#[derive(Debug)]
pub(super) struct Table {
    low: u16,
    /// log₂ of the buckets in a row.
    shift: u32,
    rows: Vec<Row>,
    pub(super) columns: [Column; TEMPLATES],
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

impl Table {
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
        let mut table = Self {
            low: low as u16,
            shift,
            rows: vec![Row::default(); counts.len()],
            columns: [Column::default(); TEMPLATES],
        };
        table.fill(&Counts::new(counts), width, clip);
        table
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
            let mut mean = 0.0;
            for (b, score) in scores.iter_mut().enumerate() {
                let ratio = changed[b] / sum / density.f[b];
                *score = ((1.0 - clip.doubt) * ratio + clip.doubt).ln().min(highest);
                mean += expected[b] * score.exp();
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

    /// Makes each template's scores count so much.
    pub(super) fn weigh(&mut self, weights: &Row) {
        for row in &mut self.rows {
            for (score, weight) in row.iter_mut().zip(weights.iter()) {
                *score *= weight;
            }
        }
    }

    /// The scores of each of these buckets.
    pub(super) fn rows<'a>(&'a self, buckets: &[u16], rows: &mut [&'a Row; MOST]) {
        let mut places = [0; MOST];
        for (place, bucket) in places.iter_mut().zip(buckets) {
            *place = self.place(*bucket);
        }
        for (row, place) in rows.iter_mut().zip(&places[..buckets.len().min(MOST)]) {
            *row = &self.rows[usize::from(*place)];
        }
    }

    /// The scores of a bucket; beyond the ends those of the ends.
    #[inline]
    pub(super) fn row(&self, bucket: u16) -> &Row {
        &self.rows[usize::from(self.place(bucket))]
    }

    #[inline]
    fn place(&self, bucket: u16) -> u16 {
        let last = (self.rows.len() - 1) as u16;
        (bucket.saturating_sub(self.low) >> self.shift).min(last)
    }
}
