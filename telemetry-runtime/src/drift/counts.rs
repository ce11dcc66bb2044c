//! Counts: how often a tool fails, is called, and by whom; and the events that these become.

use super::case::Case;
use super::ratio::Ratio;
use super::tool::Tool;
use super::turn::Turn;
use super::{DetectorConfig, DriftType, Event, Measure, Status, ToolKey};

/// Trials that are handed to ratios together, at least.
pub(super) const TRIALS: u64 = 8;
/// Callers that are told apart.
pub(super) const CALLERS: usize = 4;

/// Who calls it, and how often of all.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) key: ToolKey,
    pub(super) name: String,
    pub(super) waiting: u64,
    pub(super) share: Ratio,
}

impl Tool {
    pub(super) fn close_counts(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        // A tenth of the false alarms is for each of the three.
        let calls = 10.0 * self.calls_per_false_alarm(config);
        if self.waiting.1 >= TRIALS {
            let (errors, trials) = std::mem::take(&mut self.waiting);
            self.ended = (self.ended.0 + errors, self.ended.1 + trials);
            if let Some(turn) = self.errors.add(errors, trials, self.last_at, calls)
                && let Some(told) = self.tell(&turn, Measure::ErrorRatio, None, config, raise)
            {
                self.errors.told(told, self.last_at);
            }
            for place in 0..self.callers.len() {
                let caller = &mut self.callers[place];
                let hits = std::mem::take(&mut caller.waiting).min(trials);
                let calls = calls * CALLERS as f64;
                if let Some(turn) = caller.share.add(hits, trials, self.last_at, calls) {
                    let name = Some(caller.name.clone());
                    if let Some(told) = self.tell(&turn, Measure::CallerShare, name, config, raise)
                    {
                        self.callers[place].share.told(told, self.last_at);
                    }
                }
            }
        }
    }

    pub(super) fn close_rate(
        &mut self,
        at: u64,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        let days = 10.0 * self.calls_per_false_alarm(config) / self.calls_a_day().max(1.0);
        let Some(turn) = self.rate.close(at, days) else {
            return;
        };
        if let Some(told) = self.tell(&turn, Measure::CallRate, None, config, raise) {
            self.rate.told(told);
        }
    }

    /// Raises the event of a turn that is worth one. `Some`: a change, which was told or was too small.
    fn tell(
        &self,
        turn: &Turn,
        measure: Measure,
        caller: Option<String>,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) -> Option<bool> {
        let told = self.worth(turn, config);
        if told {
            let status = match turn.recovered {
                true => Status::Recovered,
                false => Status::Drifted,
            };
            raise(self.count_event(turn, status, measure, caller, config));
        }
        (!turn.recovered).then_some(told)
    }

    fn worth(&self, turn: &Turn, config: &DetectorConfig) -> bool {
        turn.recovered || turn.at_most >= self.threshold(config)
    }

    pub(super) fn count_event(
        &self,
        turn: &Turn,
        status: Status,
        measure: Measure,
        caller: Option<String>,
        config: &DetectorConfig,
    ) -> Event {
        Case {
            drift_type: DriftType::Pattern,
            status,
            measure,
            before: turn.before,
            now: turn.after,
            change: turn.after / turn.before.max(1e-9) - 1.0,
            after: None,
            calls: turn.calls,
            sample: self.calls,
            since: Some(turn.since),
            interval: None,
            caller,
            score: turn.evidence,
            score_limit: turn.limit,
        }
        .event(self, config)
    }
}
