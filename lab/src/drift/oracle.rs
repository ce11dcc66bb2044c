//! The oracle: the CUSUM of the exact log-likelihood ratio, which nothing can beat on average
//! (Lorden 1971, Moustakides 1986), since it knows both densities.

use std::f64::consts::PI;

use super::streams::{
    AR_RHO, AR_SD, CHANGE_AT, Change, Distribution, GAMMA_MEDIAN, MISSES, MORE_MISSES, SEASON_SD,
    noise,
};

/// For each stream, calls from the change to the alarm; `None` where there was none.
pub(crate) fn delays(
    distribution: Distribution,
    change: Change,
    seeds: std::ops::Range<u64>,
    limit: f64,
) -> Vec<Option<usize>> {
    seeds
        .map(|seed| {
            let mut evidence = 0.0_f64;
            let scores = scores(distribution, change, change, seed);
            for (call, score) in scores.iter().enumerate() {
                evidence = (evidence + score).max(0.0);
                if evidence >= limit {
                    if call >= CHANGE_AT {
                        return Some(call + 1 - CHANGE_AT);
                    }
                    evidence = 0.0;
                }
            }
            None
        })
        .collect()
}

/// The limit that gives one false alarm in `calls` calls, on streams without a change.
pub(crate) fn limit(
    distribution: Distribution,
    change: Change,
    seeds: std::ops::Range<u64>,
    calls: f64,
) -> f64 {
    let all: Vec<Vec<f32>> = seeds
        .map(|seed| {
            scores(distribution, Change::None, change, seed)
                .into_iter()
                .map(|score| score as f32)
                .collect()
        })
        .collect();
    let total: usize = all.iter().map(Vec::len).sum();
    let (mut low, mut high) = (1.0_f32, 30.0_f32);
    while high - low > 0.01 {
        let limit = f32::midpoint(low, high);
        let alarms: usize = all.iter().map(|scores| alarms(scores, limit)).sum();
        if alarms as f64 > total as f64 / calls {
            low = limit;
        } else {
            high = limit;
        }
    }
    f64::from(high)
}

fn alarms(scores: &[f32], limit: f32) -> usize {
    let (mut evidence, mut alarms) = (0.0_f32, 0);
    for score in scores {
        evidence = (evidence + score).max(0.0);
        if evidence >= limit {
            alarms += 1;
            evidence = 0.0;
        }
    }
    alarms
}

/// Whether it is known how.
pub(crate) fn knows(distribution: Distribution, change: Change) -> bool {
    match change {
        Change::Shift(_) | Change::Spread => true,
        Change::Tail => distribution != Distribution::Ar1,
        Change::Mix => distribution == Distribution::Bimodal,
        _ => false,
    }
}

/// Log-likelihood ratios of `against` over none, of a stream with the change `truth`.
fn scores(distribution: Distribution, truth: Change, against: Change, seed: u64) -> Vec<f64> {
    let noise = noise(distribution, truth, seed);
    if distribution != Distribution::Ar1 {
        return noise
            .iter()
            .map(|z| score(distribution, against, *z))
            .collect();
    }
    // What is new in each call.
    let sd = AR_SD * (1.0 - AR_RHO * AR_RHO).sqrt();
    let new = |t: usize| noise[t] - if t > 0 { AR_RHO * noise[t - 1] } else { 0.0 };
    (0..noise.len())
        .map(|t| match against {
            Change::Shift(factor) => {
                let shift = (1.0 - AR_RHO) * factor.ln();
                normal(new(t), shift, sd) - normal(new(t), 0.0, sd)
            }
            _ => normal(new(t), 0.0, 1.5 * sd) - normal(new(t), 0.0, sd),
        })
        .collect()
}

fn score(distribution: Distribution, against: Change, z: f64) -> f64 {
    let log = |z: f64| density(distribution, z);
    let (middle, high) = distribution.quantiles();
    match against {
        Change::Shift(factor) => log(z - factor.ln()) - log(z),
        Change::Spread => log(middle + (z - middle) / 1.5) - 1.5_f64.ln() - log(z),
        Change::Tail if z <= high => 0.0,
        Change::Tail if z <= high + 3_f64.ln() => -30.0,
        Change::Tail => (log(z - 3_f64.ln()) - log(z)).clamp(-30.0, 30.0),
        Change::Mix => mixture(MORE_MISSES, z) - mixture(MISSES, z),
        _ => 0.0,
    }
}

/// ln of the density of the noise.
fn density(distribution: Distribution, z: f64) -> f64 {
    match distribution {
        Distribution::Ln25 => normal(z, 0.0, 0.25),
        Distribution::Ln50 => normal(z, 0.0, 0.5),
        Distribution::Ln100 => normal(z, 0.0, 1.0),
        Distribution::Season => normal(z, 0.0, SEASON_SD),
        Distribution::Ar1 => normal(z, 0.0, AR_SD),
        Distribution::Gamma4 => {
            let log = z + GAMMA_MEDIAN.ln();
            4.0 * log - log.exp() - 6_f64.ln()
        }
        Distribution::Pareto => {
            let beyond = z - 3_f64.ln();
            let tail = if beyond >= 0.0 {
                0.05 * 1.5 * (-1.5 * beyond).exp()
            } else {
                0.0
            };
            (0.95 * normal(z, 0.0, 0.3).exp() + tail + 1e-300).ln()
        }
        Distribution::Bimodal => mixture(MISSES, z),
    }
}

fn mixture(misses: f64, z: f64) -> f64 {
    let (hit, miss) = (
        (1.0 - misses).ln() + normal(z, 0.0, 0.2),
        misses.ln() + normal(z, 10_f64.ln(), 0.3),
    );
    let most = hit.max(miss);
    most + ((hit - most).exp() + (miss - most).exp()).ln()
}

fn normal(z: f64, mean: f64, sd: f64) -> f64 {
    -0.5 * ((z - mean) / sd).powi(2) - (sd * (2.0 * PI).sqrt()).ln()
}
