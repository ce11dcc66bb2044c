//! Dependence: by how much less correlated calls say than independent ones.

use super::table::Table;
use super::template::TEMPLATES;

/// For each template, the long-run variance of its scores by that of one: 1 for independent calls.
///
/// Variance of sums over blocks (batch means, as in Flegal & Jones 2010), corrected for what
/// neighbouring blocks share as an autoregressive process of first order has it: (1 + ρ)/(1 − ρ).
/// A ratio that chance explains counts as 1.
pub(super) fn ratios(table: &Table, calls: &[u16]) -> [f32; TEMPLATES] {
    let mut ratios = between_neighbours(table, calls);
    let mut length = if calls.len() >= 256 { 16 } else { 4 };
    while calls.len() / length >= 8 {
        let found = at_scale(table, calls, length);
        for t in 0..TEMPLATES {
            // A longer scale counts only where it says clearly more. The variance of a sample variance:
            // (2 + excess kurtosis)/blocks, and that of a sum of L calls is 1/L of that of one.
            let kurtosis = table.columns[t].kurtosis.max(0.0) as f32 / length as f32;
            let noise = 2.5 * ((2.0 + kurtosis) * length as f32 / calls.len() as f32).sqrt();
            if found[t] > ratios[t] * (1.0 + noise) {
                ratios[t] = found[t];
            }
        }
        length *= 4;
    }
    ratios
}

/// The ratio of an autoregressive process of first order with the correlation of neighbouring calls:
/// what short records show best.
fn between_neighbours(table: &Table, calls: &[u16]) -> [f32; TEMPLATES] {
    let count = calls.len() as f64;
    let mut mean = [0.0_f64; TEMPLATES];
    for bucket in calls {
        let row = table.row(*bucket);
        mean.iter_mut()
            .zip(row)
            .for_each(|(mean, score)| *mean += f64::from(*score) / count);
    }
    let (mut own, mut shared, mut last) = ([0.0; TEMPLATES], [0.0; TEMPLATES], [0.0; TEMPLATES]);
    for bucket in calls {
        let row = table.row(*bucket);
        for t in 0..TEMPLATES {
            let off = f64::from(row[t]) - mean[t];
            own[t] += off * off;
            shared[t] += off * last[t];
            last[t] = off;
        }
    }
    std::array::from_fn(|t| match shared[t] / f64::max(own[t], 1e-12) {
        correlation if correlation > 2.5 / count.sqrt() => {
            let correlation = correlation.min(0.95);
            ((1.0 + correlation) / (1.0 - correlation)) as f32
        }
        _ => 1.0,
    })
}

fn at_scale(table: &Table, calls: &[u16], length: usize) -> [f32; TEMPLATES] {
    let blocks = calls.len() / length;
    let mut mean = [0.0_f64; TEMPLATES];
    let mut square = [0.0_f64; TEMPLATES];
    let mut sums = vec![[0.0_f32; TEMPLATES]; blocks];
    for (block, sum) in calls.chunks_exact(length).zip(&mut sums) {
        for bucket in block {
            let row = table.row(*bucket);
            for t in 0..TEMPLATES {
                sum[t] += row[t];
                square[t] += f64::from(row[t] * row[t]);
            }
        }
        for t in 0..TEMPLATES {
            mean[t] += f64::from(sum[t]);
        }
    }
    let count = (blocks * length) as f64;
    std::array::from_fn(|t| {
        let mean = mean[t] / count;
        let variance = square[t] / count - mean * mean;
        if variance <= 1e-9 {
            return 1.0;
        }
        let (mut own, mut shared, mut last) = (0.0, 0.0, 0.0);
        for sum in &sums {
            let off = f64::from(sum[t]) - mean * length as f64;
            own += off * off;
            shared += off * last;
            last = off;
        }
        let correlation = (shared / own.max(1e-12)).clamp(0.0, 0.9);
        // Of few blocks, chance makes any correlation.
        let significant = blocks >= 60 && correlation > 2.0 / (blocks as f64).sqrt();
        let between = if significant {
            (1.0 + correlation) / (1.0 - correlation)
        } else {
            1.0
        };
        (own / count / variance * between) as f32
    })
}
