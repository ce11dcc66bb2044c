//! CUSUMs: evidence for each template since it was last none.

use super::table::Table;
use super::template::TEMPLATES;

/// Calls after which evidence is capped and looked at.
pub(super) const STEP: usize = 4;
/// Steps that a burst may last.
const WINDOW: usize = 8;
/// Evidence that came within the window is a burst's if it is at least this share of what raises an event,
/// and if the newest calls add less than `GOES_ON` of what those before them did.
const SUDDEN: f32 = 0.7;
const GOES_ON: f32 = 0.3;
/// An event is raised of what has not grown by more than this share within the window.
const RIPE: f32 = 0.8;

/// Page's CUSUM (Page 1954) for all templates side by side, and its twin without a cap.
#[derive(Clone, Debug)]
pub(super) struct Cusums {
    /// Evidence, with a cap on what a few calls can add: a burst is not drift.
    pub(super) capped: [f32; TEMPLATES],
    /// Evidence of all that there was.
    pub(super) whole: [f32; TEMPLATES],
    /// `capped` after each of the last steps, the oldest at `steps`.
    before: [[f32; TEMPLATES]; WINDOW],
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
    /// What a step can add at most.
    pub(super) step_cap: [f32; TEMPLATES],
    /// The same of all steps of a window.
    pub(super) window_cap: [f32; TEMPLATES],
}

impl Cusums {
    pub(super) fn new() -> Self {
        Self {
            capped: [0.0; TEMPLATES],
            whole: [0.0; TEMPLATES],
            before: [[0.0; TEMPLATES]; WINDOW],
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
        let place = usize::from(self.steps);
        let last = &self.before[(place + WINDOW - 1) % WINDOW];
        let first = &self.before[place];
        for t in 0..TEMPLATES {
            self.capped[t] = self.capped[t]
                .min(last[t] + limits.step_cap[t])
                .min(first[t] + limits.window_cap[t])
                .min(limits.drift[t]);
        }
        self.before[place] = self.capped;
        self.steps = ((place + 1) % WINDOW) as u8;
    }

    /// Leaves at most half of what raises an event.
    pub(super) fn hold_back(&mut self, limits: &Limits) {
        for t in 0..TEMPLATES {
            self.capped[t] = self.capped[t].min(limits.drift[t] / 2.0);
            self.whole[t] = self.whole[t].min(limits.drift[t] / 2.0);
            self.before
                .iter_mut()
                .for_each(|before| before[t] = before[t].min(limits.drift[t] / 2.0));
        }
    }

    /// The share of its limit that a template's evidence has grown by within the window.
    fn growth(&self, t: usize, limits: &Limits) -> f32 {
        (self.capped[t] - self.before[usize::from(self.steps)][t]) / limits.drift[t]
    }

    /// Evidence that came at once and does not go on was that of a burst: `batch` are the newest calls.
    pub(super) fn forget_bursts(&mut self, table: &Table, limits: &Limits, batch: &[u16]) {
        for t in 0..TEMPLATES {
            let growth = self.growth(t, limits);
            if growth < SUDDEN {
                continue;
            }
            let share = batch.len() as f32 / (WINDOW * STEP) as f32;
            let newest = batch
                .iter()
                .map(|bucket| table.row(*bucket)[t])
                .sum::<f32>()
                * limits.weight[t];
            let goes_on = newest > GOES_ON * growth * limits.drift[t] * share;
            if !goes_on {
                let was = self.before[usize::from(self.steps)][t];
                self.capped[t] = was;
                self.before.iter_mut().for_each(|before| before[t] = was);
            }
        }
    }

    /// Whether some evidence is enough for an event, and is not only that of the last few calls.
    pub(super) fn is_ripe(&self, limits: &Limits) -> bool {
        (0..TEMPLATES).any(|t| self.capped[t] >= limits.drift[t] && self.growth(t, limits) < RIPE)
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
