//! A comparison: one measure of the baseline against the same of the calls since a change.

use super::histogram::nanos_at;
use super::template::{ALL, Template};
use super::{Histogram, Measure, Quantiles};

/// Half an interval of 90 %, in standard deviations, and one that is wrong once in 150,000 looks.
pub(super) const USUAL: f64 = 1.645;
pub(super) const SURE: f64 = 4.5;

/// A measure before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) measure: Measure,
    pub(super) before: f64,
    pub(super) after: f64,
    /// Relative change, and the ends of its 90 % interval: 0.15 is 15 % more.
    pub(super) change: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Comparison {
    /// The largest change, up or down, that is not ruled out.
    pub(super) fn at_most(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    /// Whether there are enough calls for its interval to have two ends.
    pub(super) fn is_bounded(&self) -> bool {
        self.low > -1.0 && self.high.is_finite()
    }

    /// The smallest change that is not ruled out.
    pub(super) fn at_least(&self) -> f64 {
        if self.low <= 0.0 && self.high >= 0.0 {
            return 0.0;
        }
        self.low.abs().min(self.high.abs())
    }
}

/// What a template is about: the median of all calls, or the most changed of what it may have moved.
pub(super) fn of_template(
    template: usize,
    before: &Histogram,
    now: &Histogram,
    inflation: f64,
) -> Option<Comparison> {
    let measures: &[Measure] = match ALL[template] {
        Template::Location(_) => &[Measure::Median],
        Template::Spread(_) => &[Measure::Spread, Measure::P95],
        Template::Mass(q, _) if q < 0.95 => &[Measure::P95, Measure::Spread],
        Template::Mass(..) | Template::Tail(..) | Template::Beyond(..) => &[Measure::P99],
    };
    let all = measures
        .iter()
        .filter_map(|measure| compare(*measure, before, now, inflation));
    all.max_by(|a, b| a.change.abs().total_cmp(&b.change.abs()))
}

/// By what factor all calls have moved, on the logarithmic scale: the fast and the slow ones as the
/// median, give or take a half. `None`: they have not.
pub(super) fn shift(before: &Histogram, now: &Histogram) -> Option<f64> {
    let by = |q| Some(now.place(q)? - before.place(q)?);
    let (fast, median, slow) = (by(0.25)?, by(0.5)?, by(0.75)?);
    let as_far = |other: f64| (0.5..=1.5).contains(&(other / median));
    (as_far(fast) && as_far(slow)).then(|| nanos_at(median))
}

/// What an event shows: the newest calls, unless they are too few to say what all have said.
pub(super) fn shown<'a>(
    (few, newest): (Comparison, &'a Histogram),
    (exact, all): (Comparison, &'a Histogram),
    least: f64,
) -> (Comparison, &'a Histogram) {
    let same = few.change * exact.change > 0.0;
    if same && few.change.abs() >= least.min(exact.change.abs()) {
        (few, newest)
    } else {
        (exact, all)
    }
}

/// Compares one measure of durations. `inflation`: the variance ratio of correlated calls. The
/// interval is that of order statistics: the number of calls below a quantile is binomial.
pub(super) fn compare(
    measure: Measure,
    before: &Histogram,
    now: &Histogram,
    inflation: f64,
) -> Option<Comparison> {
    within(USUAL, measure, before, now, inflation)
}

/// The same with an interval that reaches so many standard deviations to either side.
pub(super) fn within(
    deviations: f64,
    measure: Measure,
    before: &Histogram,
    now: &Histogram,
    inflation: f64,
) -> Option<Comparison> {
    let calls = now.total() as f64;
    let place = |histogram: &Histogram, q: f64| histogram.place(q);
    let off = |q: f64| deviations * (q * (1.0 - q) * inflation.max(1.0) / calls).sqrt();
    // Places on the logarithmic scale, and how far they may lie from there.
    let end = |q: f64, by: f64| match q + by {
        reached if reached >= 1.0 => Some(f64::INFINITY),
        reached if reached <= 0.0 => Some(f64::NEG_INFINITY),
        reached => now.place(reached),
    };
    let one = |q: f64| -> Option<(f64, f64, f64, f64)> {
        Some((
            place(before, q)?,
            place(now, q)?,
            end(q, -off(q))?,
            end(q, off(q))?,
        ))
    };
    let (was, is, low, high) = match measure {
        Measure::Median => one(0.5)?,
        Measure::P95 => one(0.95)?,
        Measure::P99 => one(0.99)?,
        Measure::Spread => {
            let (was_low, is_low, low_low, low_high) = one(0.1)?;
            let (was_high, is_high, high_low, high_high) = one(0.9)?;
            (
                was_high - was_low,
                is_high - is_low,
                high_low - low_high,
                high_high - low_low,
            )
        }
        _ => return None,
    };
    let value = |place: f64| match measure {
        Measure::Spread => nanos_at(place),
        _ => nanos_at(place) / 1e6,
    };
    let relative = |place: f64| nanos_at(place - was) - 1.0;
    Some(Comparison {
        measure,
        before: value(was),
        after: value(is),
        change: relative(is),
        low: relative(low),
        high: relative(high),
    })
}

/// Median, 95th and 99th percentile. `None` of nothing.
pub(super) fn quantiles(durations: &Histogram) -> Option<Quantiles> {
    Some(Quantiles {
        p50: durations.quantile_ms(0.50)?,
        p95: durations.quantile_ms(0.95)?,
        p99: durations.quantile_ms(0.99)?,
    })
}
