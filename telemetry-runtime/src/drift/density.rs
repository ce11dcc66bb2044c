//! A density: a histogram smoothed, with a floor where nothing has been seen yet.

/// Counts on an even scale; place b is the middle of bucket b.
pub(super) struct Counts {
    pub(super) counts: Vec<f64>,
    pub(super) total: f64,
}

/// A smooth density over the same buckets; it sums to 1 and is nowhere 0.
pub(super) struct Density {
    pub(super) f: Vec<f64>,
    /// The part of it that stands for what has not been seen.
    pub(super) floor: Vec<f64>,
}

impl Counts {
    pub(super) fn new(counts: Vec<f64>) -> Self {
        let total = counts.iter().sum();
        Self { counts, total }
    }

    /// The place that a share `q` of all is below, on a scale where bucket b is b … b + 1.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let rank = q * self.total;
        let mut below = 0.0;
        for (bucket, count) in self.counts.iter().enumerate() {
            if *count > 0.0 && below + count >= rank {
                return bucket as f64 + (rank - below) / count;
            }
            below += count;
        }
        self.counts.len() as f64
    }

    /// Robust standard deviation, buckets: that of a normal distribution with the same quartiles.
    pub(super) fn spread(&self) -> f64 {
        ((self.quantile(0.75) - self.quantile(0.25)) / 1.349).max(0.5)
    }
}

/// The kernel estimate of the counts' density, with bandwidths that grow where it is thin.
///
/// Pilot bandwidth: Silverman's rule, 0.9·σ·n^(−1/5) (Silverman 1986, eq. 3.31, with σ from the
/// quartiles). Local factors: the square root of geometric mean over pilot (Abramson 1982), from 1
/// to 8. The floor: a Laplace density twice as wide as the tail, of weight 4/n, since of the next
/// calls about 1/n each lies beyond all that have been seen.
pub(super) fn density(counts: &Counts) -> Density {
    let n = counts.total;
    let spread = counts.spread();
    let bandwidth = (0.9 * spread * n.powf(-0.2)).max(0.7);
    let pilot = smoothed(&counts.counts, |_| bandwidth);
    let seen = counts
        .counts
        .iter()
        .zip(&pilot)
        .filter(|(count, _)| **count > 0.0);
    let mean_log = seen.map(|(count, f)| count / n * f.ln()).sum::<f64>();
    let mean = mean_log.exp();
    let mut f = smoothed(&counts.counts, |bucket| {
        bandwidth * (mean / pilot[bucket]).sqrt().clamp(1.0, 8.0)
    });
    let middle = counts.quantile(0.5) - 0.5;
    let tail = (counts.quantile(0.98) - 0.5 - middle) / 25_f64.ln();
    let scale = 2.0 * tail.max(spread);
    let mut floor: Vec<f64> = (0..f.len())
        .map(|bucket| (-(bucket as f64 - middle).abs() / scale).exp())
        .collect();
    scale_to_one(&mut floor);
    // A narrow tool's Laplace density ends in zeros; a thousandth is even.
    let even = 1e-3 / floor.len() as f64;
    floor
        .iter_mut()
        .for_each(|floor| *floor = 0.999 * *floor + even);
    let unseen = (4.0 / n).min(0.05);
    for (f, floor) in f.iter_mut().zip(&floor) {
        *f = (1.0 - unseen) * *f + unseen * floor;
    }
    Density { f, floor }
}

/// Each count spread by a normal kernel, cut at four bandwidths; what would lie outside is left
/// off. The sum is 1.
fn smoothed(counts: &[f64], bandwidth: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut f = vec![0.0; counts.len()];
    let mut kernel = Vec::new();
    for (bucket, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        half_kernel(&mut kernel, bandwidth(bucket));
        f[bucket] += count * kernel[0];
        for (distance, weight) in kernel.iter().enumerate().skip(1) {
            if let Some(f) = f.get_mut(bucket + distance) {
                *f += count * weight;
            }
            if let Some(below) = bucket.checked_sub(distance) {
                f[below] += count * weight;
            }
        }
    }
    scale_to_one(&mut f);
    f
}

/// exp(−i²/2h²) for i = 0, 1, …, 4h, so that all of both sides sum to 1. Neighbours differ by a
/// factor, and these factors by a constant one: two multiplications each.
fn half_kernel(kernel: &mut Vec<f64>, h: f64) {
    kernel.clear();
    let (mut weight, mut factor) = (1.0, (-0.5 / (h * h)).exp());
    let step = factor * factor;
    let mut sum = -1.0;
    for _ in 0..=(4.0 * h) as usize + 1 {
        kernel.push(weight);
        sum += 2.0 * weight;
        weight *= factor;
        factor *= step;
    }
    kernel.iter_mut().for_each(|weight| *weight /= sum);
}

fn scale_to_one(f: &mut [f64]) {
    let sum: f64 = f.iter().sum();
    f.iter_mut().for_each(|f| *f /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sums_to_one_and_is_nowhere_zero() {
        let mut counts = vec![0.0; 400];
        counts[200] = 30.0;
        counts[203] = 20.0;
        counts[390] = 1.0;
        let density = density(&Counts::new(counts));
        assert!((density.f.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(density.f.iter().all(|f| *f > 1e-8));
        assert!(density.f[390] > density.f[350]);
    }
}
