//! A season: the part of durations that follows the day, learned and taken out.

use std::time::Duration;

use multiversion::multiversion;

use super::{Season, SeasonProfile};

const PHASES: usize = 48;
const DAY: u64 = 86_400_000_000_000;
/// What a phase's mean may differ from day to day, by the swing, for a season to be one.
const REPEATS: f64 = 0.6;
/// The smallest swing that is taken out, in buckets: 4 %.
const SMALLEST: f64 = 2.0;

/// Learns a period's profile: the mean of each phase, calls far from the middle counting no more than
/// three spreads (Huber 1964), so that neither misses nor outliers make a season.
#[derive(Debug)]
pub(super) struct Seasonal {
    /// Nanoseconds; 0: no season is looked for.
    period: u64,
    given: bool,
    /// What the middle is, and how far calls count, in buckets.
    center: Option<(i16, i16)>,
    sums: [f32; PHASES],
    counts: [f32; PHASES],
    /// The profile of the cycles before.
    before: Option<([f32; PHASES], u32)>,
    /// When the cycle began.
    began: u64,
    /// What is taken off, in buckets.
    pub(super) offsets: Option<[f32; PHASES]>,
}

impl Seasonal {
    pub(super) fn new(season: Season) -> Self {
        let (period, given) = match season {
            Season::Off => (0, false),
            Season::Found => (DAY, false),
            Season::Period(period) => (u64::try_from(period.as_nanos()).unwrap_or(u64::MAX), true),
        };
        Self {
            period,
            given,
            center: None,
            sums: [0.0; PHASES],
            counts: [0.0; PHASES],
            before: None,
            began: 0,
            offsets: None,
        }
    }

    /// A short period that is given is waited for; a day is too long to be blind for.
    pub(super) fn waits(&self) -> bool {
        self.given && self.offsets.is_none() && self.period <= DAY / 24
    }

    /// A season may be there that is not known yet: what is normal is to follow it.
    pub(super) fn follows(&self) -> bool {
        self.period > 0 && self.offsets.is_none()
    }

    /// What calls are compared with while the season is learned.
    pub(super) fn center(&mut self, center: f64, reach: f64) {
        let reach = reach.max(4.0).round() as i16;
        self.center.get_or_insert((center.round() as i16, reach));
    }

    /// What to take off a bucket at that time.
    #[inline]
    pub(super) fn offset(&self, at: u64) -> i32 {
        let Some(offsets) = &self.offsets else {
            return 0;
        };
        let place = (at % self.period) as f64 / self.period as f64 * PHASES as f64 - 0.5;
        let share = (place - place.floor()) as f32;
        let phase = place.floor() as i64;
        let of = |phase: i64| offsets[phase.rem_euclid(PHASES as i64) as usize];
        (of(phase) * (1.0 - share) + of(phase + 1) * share).round() as i32
    }

    /// Takes in calls of about the same time, as they are. `true`: the profile has become known.
    pub(super) fn learn(&mut self, batch: &[u16], at: u64) -> bool {
        let (true, Some((center, reach))) = (self.period > 0, self.center) else {
            return false;
        };
        if self.began == 0 {
            self.began = at;
        }
        let mut known = false;
        if at.saturating_sub(self.began) >= self.period {
            known = self.end_cycle();
            self.began = at;
            self.sums = [0.0; PHASES];
            self.counts = [0.0; PHASES];
        }
        // A year of nanoseconds, so many times, is a `u64`.
        let phase = (at % self.period * PHASES as u64 / self.period) as usize;
        let (center, reach) = (i32::from(center), i32::from(reach));
        let low = (center - reach).max(0) as i16;
        let high = (center + reach).min(i16::MAX.into()) as i16;
        let off = sum_within(batch, low, high) as i32 - center * batch.len() as i32;
        self.sums[phase] += off as f32;
        self.counts[phase] += batch.len() as f32;
        known
    }

    fn end_cycle(&mut self) -> bool {
        let seen = self.counts.iter().filter(|count| **count >= 8.0).count();
        if seen < PHASES * 3 / 4 {
            return false;
        }
        let all: f32 = self.sums.iter().sum::<f32>() / self.counts.iter().sum::<f32>().max(1.0);
        let new: [f32; PHASES] = std::array::from_fn(|phase| match self.counts[phase] {
            count if count > 0.0 => self.sums[phase] / count - all,
            // A phase that was not seen is as it was.
            _ => self.before.map_or(0.0, |before| before.0[phase]),
        });
        let Some((before, cycles)) = self.before else {
            self.before = Some((new, 1));
            return false;
        };
        let repeats = correlation(&before, &new);
        // The last fortnight counts.
        let share = 1.0 / (cycles.min(13) + 1) as f32;
        let mean: [f32; PHASES] =
            std::array::from_fn(|phase| before[phase] + (new[phase] - before[phase]) * share);
        self.before = Some((mean, cycles + 1));
        let smooth = smoothed(&mean);
        let (low, high) = smooth.iter().fold((0.0_f32, 0.0_f32), |(low, high), x| {
            (low.min(*x), high.max(*x))
        });
        let first = self.offsets.is_none();
        if self.given || !first || (repeats >= REPEATS && f64::from(high - low) >= SMALLEST) {
            self.offsets = Some(smooth);
        }
        first && self.offsets.is_some()
    }

    pub(super) fn profile(&self, calls: u64) -> Option<SeasonProfile> {
        Some(SeasonProfile {
            period: Duration::from_nanos(self.period),
            offsets: self.offsets?.to_vec(),
            calls,
        })
    }

    /// Starts from a profile learned before, where it is of the same period.
    pub(super) fn adopt(&mut self, profile: &SeasonProfile) {
        let same = profile.period.as_nanos() == u128::from(self.period);
        if let (true, Ok(offsets)) = (same, <[f32; PHASES]>::try_from(profile.offsets.as_slice())) {
            self.offsets = Some(offsets);
            self.before = Some((offsets, 2));
        }
    }
}

/// Neighbouring phases share a little: a quarter each, twice.
fn smoothed(profile: &[f32; PHASES]) -> [f32; PHASES] {
    let once = |of: &[f32; PHASES]| -> [f32; PHASES] {
        std::array::from_fn(|phase| {
            0.25 * of[(phase + PHASES - 1) % PHASES]
                + 0.5 * of[phase]
                + 0.25 * of[(phase + 1) % PHASES]
        })
    };
    once(&once(profile))
}

/// Pearson's correlation of two profiles.
fn correlation(a: &[f32; PHASES], b: &[f32; PHASES]) -> f64 {
    let mean = |of: &[f32; PHASES]| f64::from(of.iter().sum::<f32>()) / PHASES as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a) - mean_a, f64::from(*b) - mean_b);
        both += a * b;
        own_a += a * a;
        own_b += b * b;
    }
    both / (own_a * own_b).sqrt().max(1e-12)
}

/// The sum of buckets, those beyond the ends as the ends.
#[multiversion(targets("x86_64+avx2"))]
fn sum_within(buckets: &[u16], low: i16, high: i16) -> u32 {
    // Signed numbers are compared sooner, and those without a sign are made longer sooner.
    let within = |bucket: &u16| u32::from((*bucket as i16).max(low).min(high) as u16);
    buckets.iter().map(within).sum()
}
