//! CUSUMs: evidence for each template since it was last none.

use super::inbox::MOST;
use super::lanes::Lanes;
use super::table::Table;
use super::template::TEMPLATES;

/// Calls after which evidence is capped and looked at; and where calls come fast.
pub(super) const STEP: usize = 4;
pub(super) const LONG_STEP: usize = 16;
/// Steps that are taken in together at most, whether short or long.
pub(super) const STEPS: usize = MOST / LONG_STEP;
/// Steps that a burst may last.
pub(super) const WINDOW: usize = 8;
/// Evidence that came within the window is a burst's if it is at least this share of what raises an event,
/// and if the newest calls add less than `GOES_ON` of what those before them did.
pub(super) const SUDDEN: f32 = 0.7;
/// The same once a burst was seen.
const IN_BURST: f32 = 0.3;
const GOES_ON: f32 = 0.3;
/// Evidence that is further below its limit, nats, adds next to nothing to that of others.
pub(super) const NEAR: f32 = 2.5;
/// Up to this share of what raises an event, calls are taken for normal.
const QUIET: f32 = 0.8;
/// An event is raised of what has not grown by more than this share within the window.
const RIPE: f32 = 0.8;

/// Page's CUSUM (Page 1954) for all templates side by side, and its twin without a cap.
#[derive(Clone, Debug)]
pub(super) struct Cusums {
    /// Evidence, with a cap on what a few calls can add: a burst is not drift.
    pub(super) capped: Lanes,
    /// Evidence of all that there was.
    pub(super) whole: Lanes,
    /// `capped` after each of the last steps, the oldest at `steps`.
    pub(super) before: [Lanes; WINDOW],
    pub(super) steps: u8,
}

/// How much evidence raises an event.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// What scores are multiplied with: 1 by the template's dependence; 0 where it does not take part.
    pub(super) weight: Lanes,
    /// Evidence that raises an event.
    pub(super) drift: Lanes,
    /// Evidence that raises one for a burst.
    pub(super) burst: Lanes,
    /// What a step can add at most.
    pub(super) step_cap: Lanes,
    /// The same of all steps of a window.
    pub(super) window_cap: Lanes,
    /// Evidence from which on that of several templates together may be enough.
    pub(super) near: Lanes,
    /// Evidence of one window that may be a burst's.
    pub(super) sudden: Lanes,
}

/// Where evidence is gathered: after how many calls each template's was last none, the lower half.
pub(super) type Started = [u32; TEMPLATES];

impl Cusums {
    pub(super) fn new() -> Self {
        Self {
            capped: Lanes::default(),
            whole: Lanes::default(),
            before: [Lanes::default(); WINDOW],
            steps: 0,
        }
    }

    /// Leaves at most a third of what raises an event.
    pub(super) fn hold_back(&mut self, limits: &Limits) {
        for t in 0..TEMPLATES {
            self.capped[t] = self.capped[t].min(limits.drift[t] / 3.0);
            self.whole[t] = self.whole[t].min(limits.drift[t] / 3.0);
            self.before
                .iter_mut()
                .for_each(|before| before[t] = before[t].min(limits.drift[t] / 3.0));
        }
    }

    /// Whether no evidence is near what raises an event.
    pub(super) fn is_quiet(&self, limits: &Limits) -> bool {
        (0..TEMPLATES).all(|t| self.capped[t] < QUIET * limits.drift[t])
    }

    /// The share of its limit that a template's evidence has grown by within the window.
    fn growth(&self, t: usize, limits: &Limits) -> f32 {
        (self.capped[t] - self.before[usize::from(self.steps)][t]) / limits.drift[t]
    }

    /// Evidence that came at once and does not go on was that of a burst: `batch` are the newest calls.
    pub(super) fn forget_bursts(
        &mut self,
        table: &Table,
        limits: &Limits,
        (batch, step): (&[u16], usize),
        in_burst: bool,
    ) {
        let least = if in_burst { IN_BURST } else { SUDDEN };
        for t in 0..TEMPLATES {
            let growth = self.growth(t, limits);
            if growth < least {
                continue;
            }
            let share = batch.len() as f32 / (WINDOW * step) as f32;
            let newest = batch
                .iter()
                .map(|bucket| table.row(*bucket)[t])
                .sum::<f32>();
            let goes_on = newest > GOES_ON * growth * limits.drift[t] * share;
            if !goes_on {
                let was = self.before[usize::from(self.steps)][t];
                self.capped[t] = was;
                self.before.iter_mut().for_each(|before| before[t] = was);
            }
        }
    }

    /// Whether the evidence is enough for an event, and is not only that of the last few calls.
    pub(super) fn is_ripe(&self, limits: &Limits) -> bool {
        let ripe = (0..TEMPLATES).filter(|t| self.growth(*t, limits) < RIPE);
        self.together(ripe, limits) >= 1.0
    }

    /// Whether evidence has passed what raises an event: one template's, or that of several together.
    #[inline]
    pub(super) fn exceeds(&self, limits: &Limits) -> bool {
        let (mut near, mut burst) = (false, false);
        for t in 0..TEMPLATES {
            near |= self.capped[t] >= limits.near[t];
            burst |= self.whole[t] >= limits.burst[t];
        }
        burst || near && self.together(0..TEMPLATES, limits) >= 1.0
    }

    /// What raises an event at 1: the sum of likelihood ratios, each by its limit. What lies between
    /// two templates speaks for both. The mean of e-detectors is one again (Shin, Ramdas & Rinaldo 2022), so
    /// false alarms are about as rare as those of all templates, each by its own limit, together.
    fn together(&self, templates: impl Iterator<Item = usize>, limits: &Limits) -> f32 {
        templates
            .map(|t| (self.capped[t] - limits.drift[t]).exp())
            .sum()
    }

    /// The largest share of its limit that a template has, and which. `None`: all are at zero.
    pub(super) fn leading(values: &Lanes, limits: &Lanes) -> (usize, f32) {
        let shares = values
            .iter()
            .zip(limits.iter())
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
