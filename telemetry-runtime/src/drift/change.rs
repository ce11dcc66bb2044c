//! A change that has been told: what the tool does meanwhile, and whether it is back.

use super::Histogram;
use super::cusum::Limits;
use super::finding::Finding;
use super::table::Table;
use super::template::{ALL, TEMPLATES};

/// A template explains a change as well as the likeliest one if its evidence is this share of that one's.
const ALIKE: f32 = 0.8;

/// A change that has been told and is not over.
#[derive(Debug)]
pub(super) struct Change {
    template: usize,
    /// Evidence for each template since.
    sums: [f32; TEMPLATES],
    /// Evidence that each template is no longer right.
    back: [f32; TEMPLATES],
    pub(super) back_since: u64,
    /// What the tool does now.
    pub(super) since: Histogram,
}

impl Change {
    /// A change that this template has told, with the evidence for each so far.
    pub(super) fn new(template: usize, evidence: &[f32; TEMPLATES], pushed: u64) -> Self {
        Self {
            template,
            sums: *evidence,
            back: [0.0; TEMPLATES],
            back_since: pushed,
            since: Histogram::default(),
        }
    }

    /// Takes in the newest calls; says when they are as they were before the change.
    #[expect(
        clippy::needless_range_loop,
        reason = "side by side: the compiler makes vectors of it"
    )]
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
        // Of those of its kind that explain it about as well as the likeliest, the one whose end shows
        // soonest.
        let kind = ALL[self.template].is_location();
        let same = || (0..TEMPLATES).filter(|t| ALL[*t].is_location() == kind);
        let most = same().map(|t| self.sums[t]).fold(0.0, f32::max);
        let information = |t: usize| table.columns[t].information * f64::from(limits.weight[t]);
        let clearest = same()
            .filter(|t| self.sums[*t] > 0.0 && self.sums[*t] >= ALIKE * most)
            .max_by(|a, b| information(*a).total_cmp(&information(*b)));
        self.template = clearest.unwrap_or(self.template);
        let back = self.back[self.template];
        if back <= 0.0 {
            self.back_since = pushed;
        }
        (back >= limits.drift[self.template]).then_some(Finding::Recovered)
    }
}
