//! How long single calls took: all of them, in buckets.

use serde::{Deserialize, Serialize};

/// Buckets of an octave: each is 3 % wide.
const FINE: u32 = 5;

/// Counts by length. Takes the same memory however many there are.
#[derive(Clone, Debug)]
pub struct Latencies {
    counts: Vec<u64>,
}

/// Of [`Latencies`], nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half were shorter.
    pub p50: f64,
    /// 99 of 100 were shorter.
    pub p99: f64,
    /// 999 of 1,000 were shorter.
    pub p999: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            counts: vec![0; (65 - FINE as usize) << FINE],
        }
    }
}

impl Latencies {
    /// One call of so many units.
    #[inline]
    pub fn add(&mut self, units: u64) {
        self.counts[bucket(units)] += 1;
    }

    /// In nanoseconds, where a unit takes so many.
    #[must_use]
    pub fn quantiles(&self, unit: f64) -> Quantiles {
        let of = |share: f64| self.quantile(share) * unit;
        Quantiles {
            p50: of(0.5),
            p99: of(0.99),
            p999: of(0.999),
        }
    }

    fn quantile(&self, share: f64) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut below = 0;
        let found = self.counts.iter().position(|count| {
            below += count;
            below >= wanted
        });
        found.map_or(f64::NAN, middle)
    }
}

impl Quantiles {
    /// How much longer than without.
    #[must_use]
    pub fn minus(self, bare: Self) -> Self {
        Self {
            p50: self.p50 - bare.p50,
            p99: self.p99 - bare.p99,
            p999: self.p999 - bare.p999,
        }
    }
}

/// Lengths below 2^`FINE` have a bucket each; above, the highest bits name it.
fn bucket(units: u64) -> usize {
    let octave = (64 - units.leading_zeros()).saturating_sub(FINE + 1);
    ((octave << FINE) as usize) + (units >> octave) as usize
}

fn middle(bucket: usize) -> f64 {
    let octave = (bucket >> FINE).saturating_sub(1);
    let low = bucket - (octave << FINE);
    let width = (1_u64 << octave) as f64;
    low as f64 * width + (width - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_a_bucket_near_it() {
        for units in (0..100_000).chain([1 << 40, u64::MAX / 3, u64::MAX]) {
            let middle = middle(bucket(units));
            let error = (middle - units as f64).abs();
            assert!(error <= units as f64 / 32.0, "{units}: {middle}");
        }
    }

    #[test]
    fn quantiles_count_all() {
        let mut latencies = Latencies::default();
        (0..990).for_each(|_| latencies.add(10));
        (0..10).for_each(|_| latencies.add(20));
        let quantiles = latencies.quantiles(2.0);
        assert_eq!(
            (quantiles.p50, quantiles.p99, quantiles.p999),
            (20.0, 20.0, 40.0)
        );
        let zero = Quantiles {
            p50: 0.0,
            p99: 0.0,
            p999: 0.0,
        };
        assert_eq!(quantiles.minus(quantiles), zero);
    }
}
