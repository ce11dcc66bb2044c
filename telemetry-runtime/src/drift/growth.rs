//! Growth: what a baseline has learned, for a store, and what comes back from there.

use std::time::{Duration, UNIX_EPOCH};

use super::Baseline;
use super::inbox::Inbox;
use super::tool::Tool;

/// What a baseline has learned.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// The tool.
    pub tool: String,
    /// What was stored before is no longer the normal.
    pub replace: bool,
    /// What is to be added to it.
    pub baseline: Baseline,
}

impl Growth {
    /// What a baseline has learned, `baseline`; with `replace` it takes the place of the stored one.
    #[must_use]
    pub fn new(tool: impl Into<String>, replace: bool, baseline: Baseline) -> Self {
        Self {
            tool: tool.into(),
            replace,
            baseline,
        }
    }
}

/// Calls that count in the error ratio, errors, calls in all, and the time in which they came, ns.
pub(super) type Totals = (u64, u64, u64, u64);

impl Tool {
    /// Calls of its inbox that have not been counted are part of it, though their durations are not.
    pub(super) fn baseline(&self, inbox: &Inbox) -> Baseline {
        let mut baseline = Baseline {
            durations: self.watch.normal.clone(),
            season: self.watch.seasonal.profile(self.watch.normal_calls()),
            updated_at: if inbox.last_at == 0 {
                self.stored.updated_at
            } else {
                UNIX_EPOCH + Duration::from_nanos(inbox.last_at)
            },
            ..self.stored.clone()
        };
        self.add_counts(&mut baseline, self.totals(inbox), (0, 0, 0, 0));
        baseline
    }

    /// Adds what was counted here since.
    fn add_counts(&self, baseline: &mut Baseline, now: Totals, since: Totals) {
        let (calls, errors, counted, watched) = now;
        baseline.calls = baseline.calls.saturating_add(calls.saturating_sub(since.0));
        baseline.errors = baseline
            .errors
            .saturating_add(errors.saturating_sub(since.1))
            .min(baseline.calls);
        baseline.counted = baseline
            .counted
            .saturating_add(counted.saturating_sub(since.2));
        baseline.watched = baseline
            .watched
            .saturating_add(Duration::from_nanos(watched.saturating_sub(since.3)));
        baseline.inflation = super::baseline::Inflation {
            calls: counted,
            ratios: self.watch.ratios.to_vec(),
        };
    }

    fn totals(&self, inbox: &Inbox) -> Totals {
        let (errors, calls) = (self.ended.0 + self.waiting.0, self.ended.1 + self.waiting.1);
        let new = inbox.new_calls();
        let first_at = if self.calls == 0 {
            inbox.first_at
        } else {
            self.first_at
        };
        (
            calls + new,
            errors,
            self.calls + new,
            inbox.last_at.saturating_sub(first_at),
        )
    }

    /// What was learned since this was last asked; `true`: what was stored before is void.
    pub(super) fn drain_growth(&mut self, inbox: &Inbox) -> Option<(bool, Baseline)> {
        let counted = self.totals(inbox);
        let replaced = std::mem::take(&mut self.watch.replaced);
        if !replaced && counted == self.drained {
            return None;
        }
        let mut grown = Baseline {
            durations: std::mem::take(&mut self.watch.grown),
            season: self.watch.seasonal.profile(self.watch.normal_calls()),
            updated_at: UNIX_EPOCH + Duration::from_nanos(inbox.last_at),
            ..Baseline::default()
        };
        self.add_counts(&mut grown, counted, self.drained);
        self.drained = counted;
        Some((replaced, grown))
    }

    /// Starts from what was learned before.
    pub(super) fn import(&mut self, baseline: &Baseline, waiting: u64) {
        self.stored.merge(baseline);
        self.stored.durations.clear();
        if let Some(season) = &baseline.season {
            self.watch.seasonal.adopt(season);
        }
        self.watch.import(&baseline.durations, waiting);
        self.errors.import(baseline.errors, baseline.calls);
        if let Ok(ratios) =
            <[f32; super::template::TEMPLATES]>::try_from(baseline.inflation.ratios.as_slice())
        {
            self.watch.ratios = ratios;
        }
    }
}
