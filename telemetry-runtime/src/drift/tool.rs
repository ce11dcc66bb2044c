//! A tool: what is watched of it.

use super::case::Traces;
use super::clock::SECOND;
use super::counts::{CALLERS, Caller, TRIALS};
use super::finding::Told;
use super::histogram::bucket;
use super::rate::Rate;
use super::ratio::Ratio;
use super::watch::Watch;
use super::{Baseline, DetectorConfig, Event, Outcome, Sample, ToolKey, ToolSettings};

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) settings: ToolSettings,
    pub(super) watch: Watch,
    /// Ended calls, whatever their outcome.
    pub(super) calls: u64,
    pub(super) first_at: u64,
    pub(super) last_at: u64,
    /// When the batch that waits began.
    batch_at: u64,
    pub(super) rate: Rate,
    /// Failures and calls that wait, and all.
    pub(super) waiting: (u64, u64),
    pub(super) ended: (u64, u64),
    pub(super) errors: Ratio,
    pub(super) callers: Vec<Caller>,
    pub(super) traces: Traces,
    pub(super) told: Option<Told>,
    pub(super) baseline_version: Option<String>,
    /// What a store had of it before.
    pub(super) stored: Baseline,
    pub(super) drained: (u64, u64, u64, u64),
}

impl Tool {
    pub(super) fn new(name: &str, settings: ToolSettings, config: &DetectorConfig) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            watch: Watch::new(config.season),
            calls: 0,
            first_at: 0,
            last_at: 0,
            batch_at: 0,
            rate: Rate::default(),
            waiting: (0, 0),
            ended: (0, 0),
            errors: Ratio::default(),
            callers: Vec::new(),
            traces: Traces::default(),
            told: None,
            baseline_version: None,
            stored: Baseline::default(),
            drained: (0, 0, 0, 0),
        }
    }

    /// The same tool, of which nothing is known.
    pub(super) fn anew(&self, config: &DetectorConfig) -> Self {
        let mut anew = Self::new(&self.name, self.settings.clone(), config);
        anew.watch.replaced = true;
        anew
    }

    /// As [`Detector::score`](super::Detector::score): a change that was told and is not over is 1 at
    /// least, though the evidence for it is gathered anew.
    pub(super) fn score(&self) -> Option<f64> {
        let share = f64::from(self.watch.score_share()?);
        Some(if self.is_changed() {
            share.max(1.0)
        } else {
            share
        })
    }

    pub(super) fn is_changed(&self) -> bool {
        self.told.is_some()
            || self.errors.told_at().is_some()
            || self.rate.told_at().is_some()
            || self
                .callers
                .iter()
                .any(|caller| caller.share.told_at().is_some())
    }

    /// Takes in one call. `true`: something is to be [looked at](Self::close).
    #[inline]
    pub(super) fn record(&mut self, sample: &Sample, at: u64, timed: bool) -> bool {
        self.calls += 1;
        self.last_at = at;
        self.rate.call();
        let mut slow = 0;
        let close = if sample.outcome == Outcome::Success {
            if self.watch.pending.is_empty() {
                self.begin_batch(at);
            }
            self.waiting.1 += 1;
            slow = bucket(sample.nanos);
            self.watch.pending.push(slow)
        } else {
            self.failed(sample.outcome, at)
        };
        if let Some(trace) = sample.trace {
            self.traces.add(self.calls, trace, slow);
        }
        close || (timed && self.rate.due(at))
    }

    #[inline(never)]
    fn failed(&mut self, outcome: Outcome, at: u64) -> bool {
        self.begin(at);
        if outcome == Outcome::Cancelled {
            return false;
        }
        self.waiting = (self.waiting.0 + 1, self.waiting.1 + 1);
        self.waiting.1 >= TRIALS.max(self.watch.pending.enough())
    }

    #[inline(never)]
    fn begin_batch(&mut self, at: u64) {
        self.batch_at = at;
        self.traces.begin();
        self.begin(at);
    }

    fn begin(&mut self, at: u64) {
        if self.calls == 1 {
            self.first_at = at;
        }
    }

    /// Whether calls wait for more of them that have not come for a second.
    #[inline]
    pub(super) fn is_late(&self, at: u64) -> bool {
        let pending = &self.watch.pending;
        at.wrapping_sub(self.last_at) >= SECOND && pending.is_patient() && !pending.is_empty()
    }

    /// Takes in who called. `true`: it is not known and there is a place for it.
    #[inline(never)]
    pub(super) fn called_by(&mut self, key: ToolKey) -> bool {
        let caller = self.callers.iter_mut().find(|caller| caller.key == key);
        let known = caller.map(|caller| caller.waiting += 1).is_some();
        !known && self.callers.len() < CALLERS
    }

    /// Calls so far but for those that wait.
    pub(super) fn looked_at(&self) -> u64 {
        self.calls - self.watch.pending.rest().len() as u64
    }

    pub(super) fn add_caller(&mut self, key: ToolKey, name: String) {
        self.callers.push(Caller {
            key,
            name,
            waiting: 0,
            share: Ratio::default(),
        });
    }

    /// Looks at what waits.
    pub(super) fn close(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        if self.watch.pending.is_enough() {
            self.close_durations(config, raise);
        }
        self.close_counts(config, raise);
        if config.accept_after.is_some() {
            self.accept_if_old(config, raise);
        }
    }

    /// Looks at calls that wait for more of them, where these come fast.
    pub(super) fn look_at_rest(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        if self.watch.pending.is_patient() {
            self.close_durations(config, raise);
        }
    }

    fn close_durations(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        while !self.watch.pending.is_empty() {
            let finding = self.watch.close(self.last_at);
            let event = finding.and_then(|finding| self.judge(finding, config));
            event.into_iter().for_each(&mut *raise);
        }
    }

    /// Time goes on without calls.
    pub(super) fn advance(
        &mut self,
        now: u64,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        let pending = &self.watch.pending;
        let waited = now.saturating_sub(self.batch_at);
        if waited >= config.batch_timeout.as_nanos() as u64 || pending.is_patient() {
            self.close_durations(config, raise);
        }
        if config.timed && self.calls > 0 && self.rate.due(now) {
            self.close_rate(now, config, raise);
        }
        if config.accept_after.is_some() {
            self.accept_if_old(config, raise);
        }
    }

    /// The machine slept, or nobody looked.
    pub(super) fn slept(&mut self, now: u64) {
        self.rate.skip(now);
        self.watch.cold();
    }

    /// Calls to one false alarm: as many as come in the time in which one is accepted, and 100,000 at
    /// least.
    pub(super) fn calls_per_false_alarm(&self, config: &DetectorConfig) -> f64 {
        if let Some(calls) = config.calls_per_false_alarm {
            return calls;
        }
        let accepted = self
            .settings
            .false_alarms_per_day
            .unwrap_or(config.false_alarms_per_day);
        (self.calls_a_day() / accepted).max(1e5)
    }

    pub(super) fn calls_a_day(&self) -> f64 {
        let seconds = self.last_at.saturating_sub(self.first_at) as f64 / 1e9;
        if seconds > 0.0 {
            self.calls as f64 / seconds * 86_400.0
        } else {
            0.0
        }
    }

    pub(super) fn threshold(&self, config: &DetectorConfig) -> f64 {
        self.settings.threshold.unwrap_or(config.threshold)
    }
}
