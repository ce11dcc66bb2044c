//! What else is used: the usual recipe, and a published detector of another kind.

use std::ops::Range;

use super::streams::{CHANGE_AT, Change, Distribution, stream};

/// Durations kept by the usual recipe.
const WINDOW: usize = 1_000;
/// What it compares with them: so many of the newest.
const NEWEST: usize = 100;

/// Alarms of the usual recipe on a stream: the mean of the newest calls 15 % off the mean of the last
/// 1,000; one call beyond three standard deviations. Episodes are counted, not calls.
pub(crate) fn usual_recipe(stream: &[u64]) -> (usize, usize) {
    let ms: Vec<f64> = stream.iter().map(|nanos| *nanos as f64 / 1e6).collect();
    let (mut sum, mut squares, mut newest) = (0.0, 0.0, 0.0);
    let (mut off, mut far) = (Episodes::default(), Episodes::default());
    for (call, x) in ms.iter().enumerate() {
        if call >= WINDOW {
            let mean = sum / WINDOW as f64;
            let deviation = (squares / WINDOW as f64 - mean * mean).max(0.0).sqrt();
            off.see((newest / NEWEST as f64 / mean - 1.0).abs() > 0.15);
            far.see((x - mean) / deviation > 3.0);
            sum -= ms[call - WINDOW];
            squares -= ms[call - WINDOW].powi(2);
        }
        sum += x;
        squares += x * x;
        newest += x - if call >= NEWEST {
            ms[call - NEWEST]
        } else {
            0.0
        };
    }
    (off.count, far.count)
}

#[derive(Default)]
struct Episodes {
    count: usize,
    open: bool,
}

impl Episodes {
    fn see(&mut self, alarm: bool) {
        self.count += usize::from(alarm && !self.open);
        self.open = alarm;
    }
}

/// Page and Hinkley's test on logarithms, both ways (Page 1954, Hinkley 1971; the form of Gama et al.
/// 2014, section 3.2.1): deviations from the running mean, less a tenth of the standard deviation, are
/// summed up. Gives the call of the first alarm after `from`; it starts anew after each.
fn page_hinkley(stream: &[u64], limit: f64, mut alarm: impl FnMut(usize)) {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let (mut up, mut down) = (0.0_f64, 0.0_f64);
    for (call, nanos) in stream.iter().enumerate() {
        let x = (*nanos as f64).ln();
        count += 1.0;
        let off = x - mean;
        mean += off / count;
        squares += off * (x - mean);
        if count < 200.0 {
            continue;
        }
        let deviation = (squares / count).sqrt();
        up = (up + off / deviation - 0.1).max(0.0);
        down = (down - off / deviation - 0.1).max(0.0);
        if up.max(down) > limit {
            alarm(call);
            (count, mean, squares, up, down) = (0.0, 0.0, 0.0, 0.0, 0.0);
        }
    }
}

/// The limit at which Page–Hinkley gives one false alarm in `calls` calls.
pub(crate) fn page_hinkley_limit(distribution: Distribution, seeds: Range<u64>, calls: f64) -> f64 {
    let streams: Vec<Vec<u64>> = seeds
        .map(|seed| stream(distribution, Change::None, seed))
        .collect();
    let total: usize = streams.iter().map(Vec::len).sum();
    let (mut low, mut high) = (1.0, 100_000.0);
    while high / low > 1.02 {
        let limit = f64::sqrt(low * high);
        let mut alarms = 0;
        streams
            .iter()
            .for_each(|stream| page_hinkley(stream, limit, |_| alarms += 1));
        if f64::from(alarms) > total as f64 / calls {
            low = limit;
        } else {
            high = limit;
        }
    }
    high
}

pub(crate) fn page_hinkley_delays(
    distribution: Distribution,
    change: Change,
    seeds: Range<u64>,
    limit: f64,
) -> Vec<Option<usize>> {
    let delay = |seed| {
        let mut first = None;
        page_hinkley(&stream(distribution, change, seed), limit, |call| {
            if call >= CHANGE_AT {
                first.get_or_insert(call + 1 - CHANGE_AT);
            }
        });
        first
    };
    seeds.map(delay).collect()
}
