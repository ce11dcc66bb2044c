//! Learning: what becomes normal for a watch, and the table made of it.

use super::cusum::STEP;
use super::histogram::BUCKETS;
use super::limits::{self, PARAMETERS};
use super::table::Scores;
use super::watch::Watch;
use super::{Histogram, dependence, tail};

/// Calls before there is a first table.
pub(super) const FIRST: u64 = 50;
/// Calls after a start, of which nothing is told that only they say.
const COLD: u64 = 50;
/// Share of false alarms for single calls.
const SINGLE: f64 = 0.05;
/// Calls of a baseline that is made to count less, and the time from one such moment to the next: where
/// a season may be, and otherwise.
const FOLLOWED: (u64, u64) = (20_000, 60_000_000_000);
const MOST: (u64, u64) = (4_000_000, 0);

/// Shares of a baseline by which it is seen whether it has moved.
const SHARES: [f64; 5] = [0.25, 0.5, 0.75, 0.95, 0.99];
/// A table is made anew after that many halvings at the latest: how calls depend on each other changes, too.
const HALVINGS: u8 = 10;

/// Where a baseline has these, on the scale of buckets.
pub(super) type Places = [f64; SHARES.len()];

fn places(normal: &Histogram) -> Places {
    SHARES.map(|share| normal.place(share).unwrap_or(0.0))
}

impl Watch {
    /// The season has become known: what is normal is learned again from the calls that are left.
    pub(super) fn begin_anew(&mut self) {
        self.warmed_up(0);
    }

    /// Takes this for all that is known to be normal.
    fn replace_normal(&mut self, normal: Histogram) {
        self.normal_calls = normal.total();
        self.grown = normal.clone();
        self.normal = normal;
        self.replaced = true;
        self.ages = false;
        self.quarantine.clear();
        self.rebuild_at = FIRST;
        self.quiet();
    }

    /// Caches are cold, or time has passed that nobody saw: the next calls are looked at, and what
    /// only they say is not told.
    pub(super) fn cold(&mut self, waiting: u64) {
        self.cold_until = self.recent.pushed() + waiting + COLD;
    }

    /// From a baseline that was learned before.
    pub(super) fn import(&mut self, durations: &Histogram, waiting: u64) {
        self.normal.merge(durations);
        self.normal_calls = self.normal.total();
        self.rebuild_at = FIRST;
        self.cold(waiting);
    }

    /// What it does now is normal.
    pub(super) fn accept(&mut self) -> bool {
        let Some(change) = self.change.take() else {
            return false;
        };
        self.replace_normal(change.since);
        if self.normal_calls < FIRST {
            self.table = None;
        }
        true
    }

    /// The baseline was of cold calls: what came after them is normal.
    pub(super) fn warmed_up(&mut self, since: u64) {
        self.replace_normal(self.since(since));
        self.table = None;
    }

    pub(super) fn normal_calls(&self) -> u64 {
        self.normal_calls
    }

    pub(super) fn learn(&mut self, calls: &[u16], at: u64) {
        self.quarantine.add(calls);
        if self.quarantine.newest() >= (self.normal_calls / 8).clamp(STEP as u64, 512)
            && self.cusums.is_quiet(&self.limits)
        {
            self.release();
        }
        if self.table.is_none() && self.normal_calls + self.quarantine.calls() >= FIRST {
            self.end_quarantine();
        }
        // What is normal follows a season that is not known yet.
        let old = if self.seasonal.follows() {
            FOLLOWED
        } else {
            MOST
        };
        let aged = !self.ages && at.saturating_sub(self.aged_at) >= old.1;
        if aged && self.normal_calls > old.0 {
            self.aged_at = at;
            if self.halvings >= HALVINGS || self.has_moved() {
                self.ages = true;
                self.rebuild_at = FIRST;
            } else {
                self.age();
            }
        }
    }

    /// Takes for normal what is in quarantine, but for the newest.
    fn release(&mut self) {
        let to = [&mut self.normal, &mut self.grown];
        self.normal_calls += self.quarantine.release(to);
    }

    /// What the table or its limits are made of has changed.
    pub(super) fn make_anew(&mut self) {
        self.rebuild_at = FIRST;
    }

    /// The table is to be made anew; that takes some tenths of a millisecond.
    #[inline]
    pub(super) fn due(&self) -> bool {
        self.normal_calls >= self.rebuild_at && self.change.is_none() && !self.seasonal.waits()
    }

    fn end_quarantine(&mut self) {
        self.release();
        self.release();
        if let (Some(middle), Some(low), Some(high)) = (
            self.normal.place(0.5),
            self.normal.place(0.25),
            self.normal.place(0.75),
        ) {
            self.seasonal.center(middle, 3.0 * (high - low) / 1.349);
        }
    }

    /// Half of what is normal goes, so that what is new counts as much.
    fn age(&mut self) {
        self.halvings += 1;
        self.normal.halve();
        self.normal_calls = self.normal.total();
    }

    /// Whether what is normal is no longer what the table was made of: whether a share has changed by more than chance
    /// does it, four standard errors, and by a hundredth of its standard deviation, which no template can tell.
    fn has_moved(&self) -> bool {
        let least = (4.0 / (self.normal_calls as f64).sqrt()).max(0.01);
        let mut then = SHARES.iter().zip(self.made_of);
        then.any(|(share, place)| {
            let off = self.normal.share_below(place) - share;
            off.abs() > least * (share * (1.0 - share)).sqrt()
        })
    }

    /// Makes table and limits anew from what is normal now.
    pub(super) fn rebuild(&mut self, calls: f64) {
        self.normal_calls = self.normal.total();
        let known = self.normal_calls as f64;
        let growth = PARAMETERS.growth.iter().rfind(|(from, _)| known >= *from);
        self.rebuild_at = growth.map_or(known, |(_, growth)| known * growth) as u64 + 8;
        let scores = Scores::new(&self.normal, PARAMETERS.clip);
        let ordered = self.last(usize::MAX, self.quarantine.calls() as usize);
        if ordered.len() >= 50 {
            self.ratios = dependence::ratios(&scores, &ordered);
        }
        self.limits = limits::of(&scores, &self.ratios, known, calls);
        self.single = tail::limit(&self.normal, SINGLE / calls)
            .unwrap_or(u16::MAX)
            .min(BUCKETS as u16);
        if self.table.is_none() {
            // There was nothing to be evidence for.
            self.started_now();
        }
        self.table = Some(Box::new(scores.weighed(&self.limits.weight)));
        self.made_of = places(&self.normal);
        self.halvings = 0;
        if std::mem::take(&mut self.ages) {
            self.age();
        }
    }
}
