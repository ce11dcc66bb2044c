//! Acceptance: what a tool does now is its new normal.

use std::time::Duration;

use super::compare;
use super::tool::Tool;
use super::{DetectorConfig, Event, Measure, Status};

impl Tool {
    pub(super) fn accept_if_old(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        let after = config.accept_after.unwrap_or(Duration::MAX).as_nanos();
        let now = self.last_at;
        let old =
            |told: Option<u64>| told.is_some_and(|at| u128::from(now.saturating_sub(at)) >= after);
        if old(self.told.as_ref().map(|told| told.at)) {
            self.accept_durations(config, raise);
        }
        if old(self.errors.told_at()) {
            self.accept_errors(config, raise);
        }
        if old(self.rate.told_at()) {
            self.accept_rate(config, raise);
        }
        if self
            .callers
            .iter()
            .any(|caller| old(caller.share.told_at()))
        {
            self.accept_callers(config, raise);
        }
    }

    /// What it does now is its new normal. `false`: nothing has changed.
    pub(super) fn accept(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) -> bool {
        let mut any = false;
        let mut raise = |event| {
            any = true;
            raise(event);
        };
        self.accept_durations(config, &mut raise);
        self.accept_errors(config, &mut raise);
        self.accept_rate(config, &mut raise);
        self.accept_callers(config, &mut raise);
        any
    }

    fn accept_errors(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        if let Some(turn) = self.errors.accept() {
            raise(self.count_event(&turn, Status::Accepted, Measure::ErrorRatio, None, config));
        }
    }

    fn accept_rate(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        if let Some(turn) = self.rate.accept() {
            raise(self.count_event(&turn, Status::Accepted, Measure::CallRate, None, config));
        }
    }

    fn accept_callers(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        for place in 0..self.callers.len() {
            if let Some(turn) = self.callers[place].share.accept() {
                let name = Some(self.callers[place].name.clone());
                let measure = Measure::CallerShare;
                raise(self.count_event(&turn, Status::Accepted, measure, name, config));
            }
        }
    }

    fn accept_durations(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        let Some(told) = self.told.take() else {
            return;
        };
        let since = self
            .watch
            .recent
            .pushed()
            .saturating_sub(u64::from(config.window_size));
        let now = self.now(since, config);
        let compared = compare::compare(told.compared.measure, &self.watch.normal, &now, 1.0)
            .unwrap_or(told.compared);
        let mut case = self.durations(
            told.drift_type,
            Status::Accepted,
            &compared,
            since,
            &now,
            told.template,
        );
        case.since = Some(told.at);
        case.interval = None;
        raise(case.event(self, config));
        self.watch.accept();
    }
}
