//! A finding about durations, and the event that it becomes.

use super::case::Case;
use super::compare::{self, Comparison};
use super::template::{ALL, Template};
use super::tool::Tool;
use super::{DetectorConfig, DriftType, Event, Histogram, Measure, Status};

/// Calls that say whether all have moved.
const NEWEST: u64 = 32;
/// A change of less than this share of the threshold is not told, however little is known of it.
const WORTH: f64 = 0.5;
/// Calls that say that a change has become another one.
const SETTLED: u64 = 64;

/// What a watch has found, for the tool to judge and tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// The durations have changed as this template says.
    Changed(usize),
    /// Few calls in a row were not as usual.
    Burst(usize),
    /// A single call was beyond all expectation.
    Single(u16),
    /// They are back.
    Recovered,
    /// They are not back, and it is time to look whether the change is still the one that was told.
    GoesOn,
}

/// The change of durations that was told and is not over.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) at: u64,
    pub(super) drift_type: DriftType,
    pub(super) compared: Comparison,
    /// What was known of the median when it was told.
    pub(super) median: Option<Comparison>,
    pub(super) template: usize,
}

impl Tool {
    /// The event that the finding is worth.
    pub(super) fn judge(&mut self, finding: Finding, config: &DetectorConfig) -> Option<Event> {
        match finding {
            Finding::Changed(template) => self.changed(template, config),
            Finding::Recovered => self.recovered(config),
            Finding::GoesOn => self.further(config),
            Finding::Burst(template) => {
                let event = self.burst(template, config);
                if event.is_none() {
                    // Most of the newest were from before it: the next ones may show it.
                    self.watch.not_yet();
                }
                event
            }
            Finding::Single(bucket) => self.single(bucket, config),
        }
    }

    fn changed(&mut self, template: usize, config: &DetectorConfig) -> Option<Event> {
        let since = self.watch.started(template);
        let now = self.now(since, config);
        let inflation = f64::from(self.watch.ratios[template]);
        let all = self.watch.since(since);
        let least = self.threshold(config);
        // What moves all calls far moves them out of the reach of what is about locations. The newest have
        // few from before it: where it began is an estimate.
        let pushed = self.watch.recent.pushed();
        let newest = since.midpoint(pushed).max(pushed.saturating_sub(NEWEST));
        let median = self.median(&all, compare::USUAL);
        let template = compare::shift(&self.watch.normal, &self.watch.since(newest))
            .filter(|_| !ALL[template].is_location())
            .filter(|_| median.is_some_and(|median| median.at_least() > least))
            .and_then(Template::nearest)
            .unwrap_or(template);
        let compared = compare::of_template(template, &self.watch.normal, &now, inflation)?;
        // All calls since the change say more exactly than the window how large it is.
        let exact = compare::compare(compared.measure, &self.watch.normal, &all, inflation)?;
        if exact.at_most() < least || exact.change.abs() < WORTH * least {
            self.watch.quiet();
            return None;
        }
        let (compared, now) = compare::shown((compared, &now), (exact, &all), least);
        // The first calls of a tool were of cold caches.
        if self.watch.normal_calls() < 200 && compared.change < 0.0 && ALL[template].is_location() {
            self.watch.warmed_up(since);
            return None;
        }
        let drift_type = if ALL[template].is_location() {
            DriftType::Performance
        } else {
            DriftType::Pattern
        };
        let event = self
            .durations(drift_type, Status::Drifted, &compared, since, now, template)
            .event(self, config);
        self.told = Some(Told {
            at: self.last_at,
            drift_type,
            compared,
            median,
            template,
        });
        self.watch.told(template);
        Some(event)
    }

    fn recovered(&mut self, config: &DetectorConfig) -> Option<Event> {
        let told = self.told.take()?;
        let since = self
            .watch
            .change
            .as_ref()
            .map_or(0, |change| change.back_since);
        let now = self.now(since, config);
        let inflation = f64::from(self.watch.ratios[told.template]);
        let compared =
            compare::compare(told.compared.measure, &self.watch.normal, &now, inflation)?;
        let all = self.watch.since(since);
        let exact = compare::compare(told.compared.measure, &self.watch.normal, &all, inflation)?;
        let least = self.threshold(config);
        let other = exact.at_least() > least.max(told.compared.change.abs() / 3.0);
        // The first calls after a return are few, and some of them are from before it.
        if other && all.total() < SETTLED {
            self.told = Some(told);
            return None;
        }
        // It was told, and goes on, though not quite as its template has it.
        let further = (1.0 + exact.change) / (1.0 + told.compared.change) - 1.0;
        if other && further.abs() < least.max(0.25) {
            self.watch.told(told.template);
            self.told = Some(told);
            return None;
        }
        let (status, (compared, now)) = if other {
            let shown = compare::shown((compared, &now), (exact, &all), least);
            (Status::Drifted, shown)
        } else {
            (Status::Recovered, (compared, &now))
        };
        let case = self.durations(
            told.drift_type,
            status,
            &compared,
            since,
            now,
            told.template,
        );
        let event = case.event(self, config);
        if other {
            let median = self.median(&all, compare::USUAL);
            self.watch.told(told.template);
            self.told = Some(Told {
                at: self.last_at,
                compared,
                median,
                ..told
            });
        } else {
            self.watch.quiet();
        }
        Some(event)
    }

    fn burst(&mut self, template: usize, config: &DetectorConfig) -> Option<Event> {
        let pushed = self.watch.recent.pushed();
        let off = |calls: u64| {
            let since = pushed.saturating_sub(calls);
            let now = self.now(since, config);
            let compared = compare::compare(Measure::Median, &self.watch.normal, &now, 1.0)?;
            // What is less may be the beginning of a change, which will be told as that.
            let far = compared.at_most() >= self.threshold(config)
                && !(-0.4..0.67).contains(&compared.change);
            far.then_some((since, now, compared))
        };
        // Where it was seen at once, the half of them are from before it.
        let step = self.watch.step as u64;
        let (since, now, compared) = off(2 * step).or_else(|| off(step))?;
        let case = self.durations(
            DriftType::Anomaly,
            Status::Drifted,
            &compared,
            since,
            &now,
            template,
        );
        Some(case.event(self, config))
    }

    fn single(&mut self, bucket: u16, config: &DetectorConfig) -> Option<Event> {
        let looked = self.watch.last(self.watch.step, 0);
        let after = looked.iter().rev().position(|other| *other == bucket)? as u64;
        let since = self.watch.recent.pushed() - 1 - after;
        let mut now = Histogram::default();
        now.add_bucket(bucket, 1);
        let mut compared = compare::compare(Measure::Median, &self.watch.normal, &now, 1.0)?;
        compared.measure = Measure::Duration;
        let mut case = self.durations(
            DriftType::Anomaly,
            Status::Drifted,
            &compared,
            since,
            &now,
            0,
        );
        case.after = None;
        (case.calls, case.sample) = (1, case.sample - after);
        Some(case.event(self, config))
    }

    pub(super) fn durations(
        &self,
        drift_type: DriftType,
        status: Status,
        compared: &Comparison,
        since: u64,
        now: &Histogram,
        template: usize,
    ) -> Case {
        let pushed = self.watch.recent.pushed();
        let since = since.min(pushed);
        // Where a change most probably began: known the better, the more a call says.
        let reach = (3.0 / self.watch.gain(template).max(1e-3)) as u64;
        let time = |call: u64| self.watch.recent.time(call);
        let last = pushed.saturating_sub(1);
        let (score, score_limit) = self.watch.evidence(template);
        Case {
            drift_type,
            status,
            measure: compared.measure,
            before: compared.before,
            now: compared.after,
            change: compared.change,
            after: compare::quantiles(now),
            calls: pushed - since,
            sample: self.looked_at(),
            since: time(since),
            interval: time(since.saturating_sub(reach)).zip(time((since + reach).min(last))),
            caller: None,
            score,
            score_limit,
        }
    }

    /// The last calls, as many as `window_size` of those since call `since`.
    pub(super) fn now(&self, since: u64, config: &DetectorConfig) -> Histogram {
        let window = self.settings.window_size.unwrap_or(config.window_size);
        let calls = (self.watch.recent.pushed() - since).min(u64::from(window));
        Histogram::of_buckets(&self.watch.last(calls.max(1) as usize, 0))
    }
}
