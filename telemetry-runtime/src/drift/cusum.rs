//! CUSUMs: evidence for each template since it was last none.

use super::table::Table;
use super::template::{ALL, TEMPLATES};

/// Calls after which evidence is capped and looked at.
pub(super) const STEP: usize = 4;
/// Steps in a block of uneven evidence.
const UNEVEN_BLOCK: u8 = 8;

/// Page's CUSUM (Page 1954) for all templates side by side, and its twin without a cap.
#[derive(Clone, Debug)]
pub(super) struct Cusums {
    /// Evidence, with a cap on what a few calls can add: a burst is not drift.
    pub(super) capped: [f32; TEMPLATES],
    /// Evidence of all that there was.
    pub(super) whole: [f32; TEMPLATES],
    /// `capped` when the block began.
    before: [f32; TEMPLATES],
    steps: u8,
}

/// What scores are multiplied with, and how much evidence raises an event.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// 1 by the template's dependence; 0 where it does not take part.
    pub(super) weight: [f32; TEMPLATES],
    /// Evidence that raises an event.
    pub(super) drift: [f32; TEMPLATES],
    /// Evidence that raises one for a burst.
    pub(super) burst: [f32; TEMPLATES],
    /// What a step (of uneven templates: a block) can add at most.
    pub(super) cap: [f32; TEMPLATES],
}

impl Cusums {
    pub(super) fn new() -> Self {
        Self {
            capped: [0.0; TEMPLATES],
            whole: [0.0; TEMPLATES],
            before: [0.0; TEMPLATES],
            steps: 0,
        }
    }

    /// Takes in up to [`STEP`] calls.
    #[expect(
        clippy::needless_range_loop,
        reason = "side by side: the compiler makes vectors of it"
    )]
    #[inline]
    pub(super) fn step(&mut self, table: &Table, limits: &Limits, calls: &[u16]) {
        for bucket in calls {
            let row = table.row(*bucket);
            for t in 0..TEMPLATES {
                let score = row[t] * limits.weight[t];
                self.capped[t] = (self.capped[t] + score).max(0.0);
                self.whole[t] = (self.whole[t] + score).max(0.0);
            }
        }
        for t in 0..TEMPLATES {
            self.capped[t] = self.capped[t].min(self.before[t] + limits.cap[t]);
        }
        self.steps += 1;
        let block = self.steps >= UNEVEN_BLOCK;
        for (t, template) in ALL.iter().enumerate() {
            if block || !template.is_uneven() {
                self.before[t] = self.capped[t];
            }
        }
        if block {
            self.steps = 0;
        }
    }

    /// Leaves at most half of what raises an event.
    pub(super) fn hold_back(&mut self, limits: &Limits) {
        for t in 0..TEMPLATES {
            self.capped[t] = self.capped[t].min(limits.drift[t] / 2.0);
            self.whole[t] = self.whole[t].min(limits.drift[t] / 2.0);
            self.before[t] = self.before[t].min(self.capped[t]);
        }
    }

    /// Whether some evidence has passed its limit.
    #[inline]
    pub(super) fn exceeds(&self, limits: &Limits) -> bool {
        let mut any = false;
        for t in 0..TEMPLATES {
            any |= self.capped[t] >= limits.drift[t];
            any |= self.whole[t] >= limits.burst[t];
        }
        any
    }

    /// The largest share of its limit that a template has, and which. `None`: all are at zero.
    pub(super) fn leading(values: &[f32; TEMPLATES], limits: &[f32; TEMPLATES]) -> (usize, f32) {
        let shares = values
            .iter()
            .zip(limits)
            .map(|(value, limit)| value / limit);
        let mut best = (0, 0.0);
        for (t, share) in shares.enumerate() {
            if share > best.1 {
                best = (t, share);
            }
        }
        best
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}
