//! Learning: what becomes normal for a watch, and the table made of it.

use super::histogram::BUCKETS;
use super::limits::{self, PARAMETERS};
use super::table::Table;
use super::watch::{BATCH, Watch};
use super::{Histogram, dependence, tail};

/// Calls before there is a first table.
pub(super) const FIRST: u64 = 50;
/// Calls after a start, of which nothing is told that only they say.
const COLD: u64 = 50;
/// Calls of a baseline that is made to count less, and the time from one such moment to the next: where
/// a season may be, and otherwise.
const FOLLOWED: (u64, u64) = (20_000, 60_000_000_000);
const MOST: (u64, u64) = (4_000_000, 0);

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
        self.quarantine = (0, 0);
        self.rebuild_at = FIRST;
        self.quiet();
    }

    /// Caches are cold, or time has passed that nobody saw: the next calls are looked at, and what
    /// only they say is not told.
    pub(super) fn cold(&mut self) {
        self.cold_until = self.recent.pushed() + COLD;
    }

    /// From a baseline that was learned before.
    pub(super) fn import(&mut self, durations: &Histogram) {
        self.normal.merge(durations);
        self.normal_calls = self.normal.total();
        self.rebuild_at = FIRST;
        self.cold();
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

    pub(super) fn learn(&mut self, calls: usize, at: u64) {
        self.quarantine.0 += calls as u64;
        let newest = self.quarantine.0;
        if newest >= (self.normal_calls / 8).clamp(BATCH as u64, 512)
            && self.cusums.is_quiet(&self.limits)
        {
            self.release(newest);
            self.quarantine = (0, newest);
        }
        let quarantined = self.quarantine.0 + self.quarantine.1;
        if self.table.is_none() && self.normal_calls + quarantined >= FIRST {
            self.end_quarantine();
        }
        // What is normal follows a season that is not known yet.
        let old = if self.seasonal.follows() {
            FOLLOWED
        } else {
            MOST
        };
        if self.normal_calls > old.0 && at.saturating_sub(self.aged_at) >= old.1 {
            self.normal.halve();
            self.normal_calls = self.normal.total();
            self.aged_at = at;
            self.rebuild_at = FIRST;
        }
    }

    /// Takes for normal what is in quarantine, but for the newest.
    fn release(&mut self, newest: u64) {
        let quarantined = self.quarantine.0 + self.quarantine.1;
        let calls = self.last(quarantined as usize);
        let older = calls.len().saturating_sub(newest as usize);
        let released = Histogram::of_buckets(&calls[..older]);
        self.normal.merge(&released);
        self.grown.merge(&released);
        self.normal_calls += older as u64;
    }

    /// The table is to be made anew; that takes some tenths of a millisecond.
    #[inline]
    pub(super) fn due(&self) -> bool {
        self.normal_calls >= self.rebuild_at && self.change.is_none() && !self.seasonal.waits()
    }

    fn end_quarantine(&mut self) {
        self.release(0);
        self.quarantine = (0, 0);
        if let (Some(middle), Some(low), Some(high)) = (
            self.normal.place(0.5),
            self.normal.place(0.25),
            self.normal.place(0.75),
        ) {
            self.seasonal.center(middle, 3.0 * (high - low) / 1.349);
        }
    }

    /// Makes table and limits anew from what is normal now.
    pub(super) fn rebuild(&mut self, calls: f64) {
        self.normal_calls = self.normal.total();
        let known = self.normal_calls as f64;
        let growth = PARAMETERS.growth.iter().rfind(|(from, _)| known >= *from);
        self.rebuild_at = growth.map_or(known, |(_, growth)| known * growth) as u64 + 8;
        let mut table = Table::new(&self.normal, PARAMETERS.clip);
        let quarantined = (self.quarantine.0 + self.quarantine.1) as usize;
        let mut ordered = self.last(usize::MAX);
        ordered.truncate(ordered.len().saturating_sub(quarantined));
        if ordered.len() >= 50 {
            self.ratios = dependence::ratios(&table, &ordered);
        }
        self.limits = limits::of(&table, &self.ratios, known, calls);
        table.weigh(&self.limits.weight);
        self.single = tail::limit(&self.normal, 0.1 / calls)
            .unwrap_or(u16::MAX)
            .min(BUCKETS as u16);
        if self.table.is_none() {
            // There was nothing to be evidence for.
            self.started_now();
        }
        self.table = Some(Box::new(table));
    }
}
