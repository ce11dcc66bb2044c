//! A tool: what is watched of it.

use super::case::Traces;
use super::counts::{CALLERS, Caller, TRIALS};
use super::finding::Told;
use super::growth::Totals;
use super::inbox::{Inbox, MOST};
use super::rate::Rate;
use super::ratio::Ratio;
use super::watch::Watch;
use super::{Baseline, DetectorConfig, Event, Outcome, ToolKey, ToolSettings};

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) settings: ToolSettings,
    pub(super) watch: Watch,
    /// Ended calls, whatever their outcome, and when the first and the last of them have: as far as they were
    /// [counted](Self::count).
    pub(super) calls: u64,
    pub(super) first_at: u64,
    pub(super) last_at: u64,
    /// Of these, so many are to be looked at yet.
    left: u64,
    pub(super) rate: Rate,
    /// Failures and calls that are to be looked at together, and all.
    pub(super) waiting: (u64, u64),
    pub(super) ended: (u64, u64),
    pub(super) errors: Ratio,
    pub(super) callers: Vec<Caller>,
    pub(super) traces: Traces,
    pub(super) told: Option<Told>,
    pub(super) baseline_version: Option<String>,
    /// What a store had of it before.
    pub(super) stored: Baseline,
    pub(super) drained: Totals,
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
            left: 0,
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

    /// Counts the calls of its inbox.
    pub(super) fn count(&mut self, inbox: &mut Inbox) {
        let new = inbox.count_new();
        self.ended(new, inbox.first_at, inbox.last_at);
        self.waiting.1 += new;
        self.left = inbox.count().into();
    }

    fn ended(&mut self, calls: u64, first_at: u64, last_at: u64) {
        if self.calls == 0 {
            self.first_at = first_at;
        }
        self.calls += calls;
        self.rate.calls(calls);
        self.last_at = last_at;
    }

    /// A call that was no success. `true`: something is to be [looked at](Self::close).
    #[inline(never)]
    pub(super) fn failed(&mut self, outcome: Outcome, at: u64, inbox: &mut Inbox) -> bool {
        self.count(inbox);
        inbox.last_at = at;
        self.ended(1, at, at);
        if outcome == Outcome::Cancelled {
            return false;
        }
        self.waiting = (self.waiting.0 + 1, self.waiting.1 + 1);
        self.waiting.1 >= TRIALS.max(inbox.enough())
    }

    /// Takes in who called. `true`: it is not known and there is a place for it.
    #[inline(never)]
    pub(super) fn called_by(&mut self, key: ToolKey) -> bool {
        let caller = self.callers.iter_mut().find(|caller| caller.key == key);
        let known = caller.map(|caller| caller.waiting += 1).is_some();
        !known && self.callers.len() < CALLERS
    }

    /// Calls so far but for those that are to be looked at yet.
    pub(super) fn looked_at(&self) -> u64 {
        self.calls - self.left
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
    pub(super) fn close(
        &mut self,
        inbox: &mut Inbox,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        self.count(inbox);
        if inbox.is_enough() {
            self.close_durations(inbox, config, raise);
        }
        self.close_counts(config, raise);
        if inbox.is_due(self.last_at) {
            self.close_second(self.last_at, inbox, config, raise);
        }
        if config.accept_after.is_some() {
            self.accept_if_old(config, raise);
        }
    }

    /// Looks at calls that wait for more of them, where these come fast.
    pub(super) fn look_at_rest(
        &mut self,
        inbox: &mut Inbox,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        self.count(inbox);
        if inbox.is_patient() {
            self.close_durations(inbox, config, raise);
        }
    }

    fn close_durations(
        &mut self,
        inbox: &mut Inbox,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        self.watch.step = inbox.step();
        let mut room = [0; MOST];
        let all = inbox.take(&mut room);
        let mut rest = all;
        while !rest.is_empty() {
            let whole = rest.len() == all.len();
            let (looked, finding) = self.watch.close(rest, whole, self.last_at);
            rest = &rest[looked..];
            self.left = rest.len() as u64;
            let event = finding.and_then(|finding| self.judge(finding, config));
            event.into_iter().for_each(&mut *raise);
        }
        self.left = 0;
        self.traces.begin();
    }

    /// A second has passed.
    fn close_second(
        &mut self,
        now: u64,
        inbox: &mut Inbox,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        if config.timed {
            inbox.expect(self.rate.pace(now));
            self.close_rate(now, config, raise);
        }
        inbox.second_at = now;
    }

    /// Time goes on without calls.
    pub(super) fn advance(
        &mut self,
        now: u64,
        inbox: &mut Inbox,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        self.count(inbox);
        let waited = now.saturating_sub(inbox.first_at);
        if waited >= config.batch_timeout.as_nanos() as u64 || inbox.is_patient() {
            self.close_durations(inbox, config, raise);
        }
        if self.calls > 0 && inbox.is_due(now) {
            self.close_second(now, inbox, config, raise);
        }
        if config.accept_after.is_some() {
            self.accept_if_old(config, raise);
        }
    }

    /// The machine slept, or nobody looked.
    pub(super) fn slept(&mut self, now: u64, inbox: &mut Inbox) {
        self.rate.skip(now);
        inbox.second_at = now;
        self.watch.cold(inbox.count().into());
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
