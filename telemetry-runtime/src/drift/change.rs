//! A change that has been told: what the tool does meanwhile, and whether it is back.

use super::Histogram;
use super::cusum::Limits;
use super::finding::Finding;
use super::table::Table;
use super::template::{ALL, TEMPLATES};

/// A template explains a change as well as the likeliest one if its evidence is this share of that one's.
const ALIKE: f32 = 0.8;
/// A template says that much at least of a change that it is compared with.
const LEAST_SHARE: f32 = 0.25;
/// Of so many calls evidence is kept whole; then half of it goes, so that what is new still counts.
const WHOLE: u32 = 1 << 16;
/// After so many calls it is looked at again.
pub(super) const LOOK: u64 = 64;

/// A change that has been told and is not over.
#[derive(Debug)]
pub(super) struct Change {
    /// The template that told it, and the one that shows its end.
    told: usize,
    template: usize,
    /// Evidence for each template since, and of how many calls it is.
    sums: [f32; TEMPLATES],
    calls: u32,
    /// Evidence that each template is no longer right.
    back: [f32; TEMPLATES],
    pub(super) back_since: u64,
    /// What the tool does now.
    pub(super) since: Histogram,
    look_at: u64,
}

impl Change {
    /// A change that this template has told, with the evidence for each so far.
    pub(super) fn new(template: usize, evidence: &[f32; TEMPLATES], pushed: u64) -> Self {
        Self {
            told: template,
            template,
            sums: *evidence,
            calls: 0,
            back: [0.0; TEMPLATES],
            back_since: pushed,
            since: Histogram::default(),
            look_at: pushed + LOOK,
        }
    }

    /// Takes in the newest calls; says when they are as they were before the change, and when to look
    /// whether it is still the same.
    pub(super) fn step(
        &mut self,
        table: &Table,
        limits: &Limits,
        batch: &[u16],
        pushed: u64,
    ) -> Option<Finding> {
        for bucket in batch {
            let row = table.row(*bucket);
            for t in 0..TEMPLATES {
                self.sums[t] += row[t];
                self.back[t] = (self.back[t] - row[t]).max(0.0);
            }
            self.since.add_bucket(*bucket, 1);
        }
        self.calls += batch.len() as u32;
        if self.calls >= WHOLE {
            self.calls /= 2;
            self.sums.iter_mut().for_each(|sum| *sum /= 2.0);
        }
        // Of those of its kind that explain it about as well as the likeliest, the one whose end shows
        // soonest. Those of which little is known would explain it long after it has ended.
        let kind = ALL[self.told].is_location();
        let fits =
            |t: usize| ALL[t].is_location() == kind && (t == self.told || limits.is_certain(t));
        let fitting = || (0..TEMPLATES).filter(|t| fits(*t));
        let most = fitting().map(|t| self.sums[t]).fold(0.0, f32::max);
        let limit = |t: usize| self.limit(t, table, limits);
        let soon = |t: usize| table.columns[t].information as f32 * limits.weight[t] / limit(t);
        let clearest = fitting()
            .filter(|t| self.sums[*t] > 0.0 && self.sums[*t] >= ALIKE * most)
            .max_by(|a, b| soon(*a).total_cmp(&soon(*b)));
        self.template = clearest.unwrap_or(self.template);
        let back = self.back[self.template];
        if back <= 0.0 {
            self.back_since = pushed;
        }
        if back >= self.limit(self.template, table, limits) {
            return Some(Finding::Recovered);
        }
        let look = pushed >= self.look_at;
        if look {
            self.look_at = pushed + LOOK;
        }
        look.then_some(Finding::GoesOn)
    }

    /// The evidence that says that a change is over. Where it is smaller than this template has it, chance
    /// looks like its end more often: the exponent with which that becomes rare is as much smaller as what a
    /// call has added is less than what it would (for normal durations the two shares are the same).
    fn limit(&self, t: usize, table: &Table, limits: &Limits) -> f32 {
        let expected = table.columns[t].gain as f32 * limits.weight[t] * self.calls as f32;
        let found = self.sums[t] + self.back[t];
        let share = found / (expected + limits.drift[t]);
        limits.drift[t] / share.clamp(LEAST_SHARE, 1.0)
    }
}
