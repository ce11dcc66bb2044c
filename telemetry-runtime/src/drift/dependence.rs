//! Dependence: by how much less correlated calls say than independent ones.

use super::lanes::Lanes;
use super::table::Scores;
use super::template::TEMPLATES;

type Sums = [f64; TEMPLATES];

/// For each template, the long-run variance of its scores by that of one: 1 for independent calls.
///
/// Variance of sums over blocks (batch means, as in Flegal & Jones 2010), corrected for what
/// neighbouring blocks share as an autoregressive process of first order has it: (1 + ρ)/(1 − ρ).
/// A ratio that chance explains counts as 1.
pub(super) fn ratios(scores: &Scores, calls: &[u16]) -> [f32; TEMPLATES] {
    let mut length = if calls.len() >= 256 { 16 } else { 4 };
    let (mut blocks, mut ratios) = Blocks::new(scores, calls, length);
    while blocks.sums.len() >= 8 {
        let found = blocks.ratios(length);
        for t in 0..TEMPLATES {
            // A longer scale counts only where it says clearly more. The variance of a sample variance:
            // (2 + excess kurtosis)/blocks, and that of a sum of L calls is 1/L of that of one.
            let kurtosis = scores.columns[t].kurtosis.max(0.0) as f32 / length as f32;
            let noise = 2.5 * ((2.0 + kurtosis) * length as f32 / calls.len() as f32).sqrt();
            if found[t] > ratios[t] * (1.0 + noise) {
                ratios[t] = found[t];
            }
        }
        length *= 4;
        blocks = blocks.fourfold();
    }
    ratios
}

/// Sums of scores, and of their squares, over blocks of calls.
struct Blocks {
    sums: Vec<Lanes>,
    squares: Vec<Lanes>,
}

impl Blocks {
    /// Blocks of so many calls; and what [neighbours](of_neighbours) say of all.
    fn new(scores: &Scores, calls: &[u16], length: usize) -> (Self, [f32; TEMPLATES]) {
        let room = calls.len() / length;
        let mut blocks = Self {
            sums: Vec::with_capacity(room),
            squares: Vec::with_capacity(room),
        };
        let (mut sum, mut square, mut shared) =
            ([0.0; TEMPLATES], [0.0; TEMPLATES], [0.0; TEMPLATES]);
        let first = calls
            .first()
            .map_or(Lanes::default(), |bucket| *scores.row(*bucket));
        let mut last = Lanes::default();
        for block in calls.chunks(length) {
            let (mut sums, mut squares, mut products) = <(Lanes, Lanes, Lanes)>::default();
            for bucket in block {
                let row = scores.row(*bucket);
                for t in 0..TEMPLATES {
                    sums[t] += row[t];
                    squares[t] += row[t] * row[t];
                    products[t] += row[t] * last[t];
                }
                last = *row;
            }
            for t in 0..TEMPLATES {
                sum[t] += f64::from(sums[t]);
                square[t] += f64::from(squares[t]);
                shared[t] += f64::from(products[t]);
            }
            if block.len() == length {
                blocks.sums.push(sums);
                blocks.squares.push(squares);
            }
        }
        let count = calls.len() as f64;
        for t in 0..TEMPLATES {
            // About the mean: of each pair of neighbours, and of each call.
            let mean = sum[t] / count;
            let pairs = 2.0 * sum[t] - f64::from(first[t]) - f64::from(last[t]);
            shared[t] += mean * mean * (count - 1.0) - mean * pairs;
            square[t] -= mean * sum[t];
        }
        (blocks, of_neighbours(&square, &shared, count))
    }

    /// The same in blocks of four of these.
    fn fourfold(&self) -> Self {
        let of_four = |lanes: &[Lanes]| -> Lanes {
            Lanes(std::array::from_fn(|t| {
                lanes.iter().map(|lanes| lanes[t]).sum()
            }))
        };
        Self {
            sums: self.sums.chunks_exact(4).map(of_four).collect(),
            squares: self.squares.chunks_exact(4).map(of_four).collect(),
        }
    }

    fn ratios(&self, length: usize) -> [f32; TEMPLATES] {
        let blocks = self.sums.len();
        let count = (blocks * length) as f64;
        let (sum, square) = (total(&self.sums), total(&self.squares));
        let (mut own, mut shared, mut last) =
            ([0.0; TEMPLATES], [0.0; TEMPLATES], [0.0; TEMPLATES]);
        for sums in &self.sums {
            for t in 0..TEMPLATES {
                let off = f64::from(sums[t]) - sum[t] / blocks as f64;
                own[t] += off * off;
                shared[t] += off * last[t];
                last[t] = off;
            }
        }
        std::array::from_fn(|t| {
            let mean = sum[t] / count;
            let variance = square[t] / count - mean * mean;
            if variance <= 1e-9 {
                return 1.0;
            }
            let correlation = (shared[t] / own[t].max(1e-12)).clamp(0.0, 0.9);
            // Of few blocks, chance makes any correlation.
            let significant = blocks >= 60 && correlation > 2.0 / (blocks as f64).sqrt();
            let between = if significant {
                (1.0 + correlation) / (1.0 - correlation)
            } else {
                1.0
            };
            (own[t] / count / variance * between) as f32
        })
    }
}

/// The ratio of an autoregressive process of first order with the correlation of neighbouring calls:
/// what short records show best.
fn of_neighbours(own: &Sums, shared: &Sums, count: f64) -> [f32; TEMPLATES] {
    std::array::from_fn(|t| match shared[t] / own[t].max(1e-12) {
        correlation if correlation > 2.5 / count.sqrt() => {
            let correlation = correlation.min(0.95);
            ((1.0 + correlation) / (1.0 - correlation)) as f32
        }
        _ => 1.0,
    })
}

fn total(lanes: &[Lanes]) -> Sums {
    let mut total = [0.0; TEMPLATES];
    for lanes in lanes {
        for t in 0..TEMPLATES {
            total[t] += f64::from(lanes[t]);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Histogram;
    use crate::drift::limits::PARAMETERS;
    use crate::drift::template::ALL;

    /// Ratios of calls of which each keeps this share of the one before.
    fn of(kept: f64, calls: usize) -> [f32; TEMPLATES] {
        let mut random = fastrand::Rng::with_seed(3);
        let mut state = 0.0;
        let own = (1.0 - kept * kept).sqrt();
        let buckets: Vec<u16> = (0..calls)
            .map(|_| {
                let normal: f64 = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
                state = kept * state + own * normal;
                (700.0 + 18.0 * state) as u16
            })
            .collect();
        let baseline = Histogram::of_buckets(&buckets);
        ratios(&Scores::new(&baseline, PARAMETERS.clip), &buckets)
    }

    #[test]
    fn independent_calls_count_as_they_are() {
        for calls in [3, 50, 200, 4096] {
            let ratios = of(0.0, calls);
            // Of rare ones, two may be neighbours by chance.
            let common = ratios
                .iter()
                .zip(&ALL)
                .filter(|(_, template)| !template.is_rare());
            for (ratio, template) in common {
                assert!((1.0..1.7).contains(ratio), "{calls}, {template:?}: {ratio}");
            }
        }
    }

    /// The middle of such a process has (1 + ρ)/(1 − ρ) times the variance.
    #[test]
    fn those_that_resemble_their_neighbours_count_less() {
        let ratios = of(0.8, 4096);
        assert!((6.0..13.0).contains(&ratios[1]), "{ratios:?}");
    }
}
