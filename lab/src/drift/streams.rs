//! Streams of durations whose truth is known: eight distributions, and what changes in them.

use std::f64::consts::PI;
use std::sync::LazyLock;

use fastrand::Rng;

/// Calls of a stream, and the one from which on something is different.
pub(crate) const CALLS: usize = 10_000;
pub(crate) const CHANGE_AT: usize = 5_000;

const MEDIAN_MS: f64 = 10.0;
/// AR(1): correlation of neighbours, and standard deviation of all.
pub(crate) const AR_RHO: f64 = 0.8;
pub(crate) const AR_SD: f64 = 0.4;
pub(crate) const SEASON_CALLS: usize = 2_000;
const SEASON_SWING: f64 = 0.2;
pub(crate) const SEASON_SD: f64 = 0.3;
/// Median of the gamma distribution of shape 4.
pub(crate) const GAMMA_MEDIAN: f64 = 3.672_060_748_850_897;
pub(crate) const MISSES: f64 = 0.08;
pub(crate) const MORE_MISSES: f64 = 0.16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distribution {
    Ln25,
    Ln50,
    Ln100,
    Gamma4,
    Pareto,
    Bimodal,
    Ar1,
    Season,
}

use Distribution::{Ar1, Bimodal, Gamma4, Ln25, Ln50, Ln100, Pareto, Season};

impl Distribution {
    pub(crate) const ALL: [Self; 8] = [Ln25, Ln50, Ln100, Gamma4, Pareto, Bimodal, Ar1, Season];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Ln25 => "lognormal .25",
            Ln50 => "lognormal .5",
            Ln100 => "lognormal 1",
            Gamma4 => "gamma 4",
            Pareto => "pareto tail",
            Bimodal => "bimodal",
            Ar1 => "ar(1)",
            Season => "season",
        }
    }

    /// The logarithm of one duration by its median; `last` is the one before.
    fn noise(self, rng: &mut Rng, last: f64) -> f64 {
        match self {
            Ln25 => 0.25 * normal(rng),
            Ln50 => 0.5 * normal(rng),
            Ln100 => normal(rng),
            Season => SEASON_SD * normal(rng),
            Gamma4 => (0..4).map(|_| exponential(rng)).sum::<f64>().ln() - GAMMA_MEDIAN.ln(),
            Pareto if rng.f64() < 0.05 => 3_f64.ln() + exponential(rng) / 1.5,
            Pareto => 0.3 * normal(rng),
            Bimodal if rng.f64() < MISSES => miss(rng),
            Bimodal => 0.2 * normal(rng),
            Ar1 => AR_RHO * last + AR_SD * (1.0 - AR_RHO * AR_RHO).sqrt() * normal(rng),
        }
    }

    /// Median and 98th percentile of the noise.
    pub(crate) fn quantiles(self) -> (f64, f64) {
        static QUANTILES: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
            Distribution::ALL
                .iter()
                .map(|distribution| distribution.measured())
                .collect()
        });
        QUANTILES[self as usize]
    }

    fn measured(self) -> (f64, f64) {
        let mut rng = Rng::with_seed(99);
        let mut last = 0.0;
        let mut all: Vec<f64> = (0..1_000_000)
            .map(|_| {
                last = self.noise(&mut rng, last);
                last
            })
            .collect();
        let mut at = |share: usize| *all.select_nth_unstable_by(share * 10_000, f64::total_cmp).1;
        (at(50), at(98))
    }
}

fn miss(rng: &mut Rng) -> f64 {
    10_f64.ln() + 0.3 * normal(rng)
}

/// Box and Muller 1958; one of the two.
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (2.0 * PI * rng.f64()).cos()
}

pub(crate) fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    None,
    /// All durations by this factor, from the change on.
    Shift(f64),
    /// The distance from the median by 1.5.
    Spread,
    /// What is above the 98th percentile, by 3.
    Tail,
    /// Misses from 8 to 16 %: of the bimodal only.
    Mix,
    /// Up to +50 % within 5,000 calls.
    Ramp,
    /// Five calls of 20 times as long.
    Outliers,
    /// Twenty calls in a row of five times as long.
    Burst,
    /// +30 % for 2,500 calls, and back.
    Return,
}

impl Change {
    pub(crate) const MEASURED: [Self; 11] = [
        Self::Shift(1.05),
        Self::Shift(1.10),
        Self::Shift(1.15),
        Self::Shift(1.30),
        Self::Shift(1.50),
        Self::Shift(2.0),
        Self::Shift(0.85),
        Self::Spread,
        Self::Tail,
        Self::Mix,
        Self::Ramp,
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Shift(factor) if factor >= 2.0 => format!("x{factor}"),
            Self::Shift(factor) => format!("{:+.0} %", 100.0 * (factor - 1.0)),
            Self::Spread => "variance x1.5".to_owned(),
            Self::Tail => "p99 x3".to_owned(),
            Self::Mix => "mix 8 to 16 %".to_owned(),
            Self::Ramp => "ramp to +50 %".to_owned(),
            Self::Outliers => "outliers".to_owned(),
            Self::Burst => "burst of 20".to_owned(),
            Self::Return => "+30 % and back".to_owned(),
        }
    }

    pub(crate) fn applies(self, to: Distribution) -> bool {
        self != Self::Mix || to == Bimodal
    }
}

/// A stream: durations in nanoseconds. The same for the same arguments.
pub(crate) fn stream(distribution: Distribution, change: Change, seed: u64) -> Vec<u64> {
    let (noise, phase) = noise_and_phase(distribution, change, seed);
    let season = |call: usize| match distribution {
        Season => SEASON_SWING * (2.0 * PI * (call + phase) as f64 / SEASON_CALLS as f64).sin(),
        _ => 0.0,
    };
    let nanos =
        |(call, noise): (usize, f64)| (MEDIAN_MS * 1e6 * (noise + season(call)).exp()) as u64;
    noise.into_iter().enumerate().map(nanos).collect()
}

/// The same as logarithms by the median, and without the season: what an oracle sees.
pub(crate) fn noise(distribution: Distribution, change: Change, seed: u64) -> Vec<f64> {
    noise_and_phase(distribution, change, seed).0
}

fn noise_and_phase(distribution: Distribution, change: Change, seed: u64) -> (Vec<f64>, usize) {
    let mut rng =
        Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((distribution as u64) << 56));
    let phase = rng.usize(..SEASON_CALLS);
    let (middle, high) = distribution.quantiles();
    let mut last = 0.0;
    if distribution == Ar1 {
        (0..200).for_each(|_| last = distribution.noise(&mut rng, last));
    }
    let mut outliers: Vec<usize> = (0..5).map(|_| rng.usize(CHANGE_AT + 100..CALLS)).collect();
    outliers.sort_unstable();
    let noise = (0..CALLS).map(|call| {
        last = distribution.noise(&mut rng, last);
        let since = call.checked_sub(CHANGE_AT);
        since.map_or(last, |since| {
            changed(last, change, since, (middle, high), &outliers, &mut rng)
        })
    });
    (noise.collect(), phase)
}

fn changed(
    noise: f64,
    change: Change,
    since: usize,
    (middle, high): (f64, f64),
    outliers: &[usize],
    rng: &mut Rng,
) -> f64 {
    match change {
        Change::None => noise,
        Change::Shift(factor) => noise + factor.ln(),
        Change::Spread => middle + 1.5 * (noise - middle),
        Change::Tail if noise > high => noise + 3_f64.ln(),
        Change::Mix
            if noise < 10_f64.ln() / 2.0 && rng.f64() < (MORE_MISSES - MISSES) / (1.0 - MISSES) =>
        {
            miss(rng)
        }
        Change::Ramp => noise + (0.5 * since as f64 / 5_000.0).ln_1p(),
        Change::Outliers if outliers.contains(&(CHANGE_AT + since)) => noise + 20_f64.ln(),
        Change::Burst if (1_000..1_020).contains(&since) => noise + 5_f64.ln(),
        Change::Return if since < 2_500 => noise + 1.3_f64.ln(),
        _ => noise,
    }
}
