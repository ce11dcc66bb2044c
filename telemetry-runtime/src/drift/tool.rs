//! A tool: what is watched of it, and what becomes of a finding.

use std::time::{Duration, UNIX_EPOCH};

use super::case::{Case, Traces};
use super::compare::{self, Comparison};
use super::histogram::bucket;
use super::rate::Rate;
use super::ratio::Ratio;
use super::template::{ALL, Template};
use super::turn::Turn;
use super::watch::{BATCH, Finding, Watch};
use super::{
    Baseline, DetectorConfig, DriftType, Event, Histogram, Measure, Outcome, Sample, Status,
    ToolKey, ToolSettings,
};

/// Calls that say whether all have moved.
const NEWEST: u64 = 32;
/// Trials that are handed to ratios together.
const TRIALS: u64 = 8;
/// Calls that say that a change has become another one.
const SETTLED: u64 = 64;
/// Callers that are told apart.
const CALLERS: usize = 4;

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
    rate: Rate,
    /// Failures and calls that wait, and all.
    waiting: (u64, u64),
    ended: (u64, u64),
    errors: Ratio,
    callers: Vec<Caller>,
    pub(super) traces: Traces,
    told: Option<Told>,
    pub(super) baseline_version: Option<String>,
    /// What a store had of it before.
    stored: Baseline,
    drained: (u64, u64, u64, u64),
}

/// Who calls it, and how often of all.
#[derive(Debug)]
struct Caller {
    key: ToolKey,
    name: String,
    waiting: u64,
    share: Ratio,
}

/// The change of durations that was told and is not over.
#[derive(Clone, Debug)]
struct Told {
    at: u64,
    drift_type: DriftType,
    compared: Comparison,
    template: usize,
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

    fn is_changed(&self) -> bool {
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
        if self.calls == 1 {
            self.first_at = at;
        }
        self.last_at = at;
        if let Some(trace) = sample.trace {
            self.traces.add(self.calls, trace);
        }
        let mut close = false;
        match sample.outcome {
            Outcome::Success => {
                if !self.watch.waiting() {
                    self.batch_at = at;
                }
                self.waiting.1 += 1;
                close = self.watch.push(bucket(sample.nanos));
            }
            Outcome::Error => {
                self.waiting = (self.waiting.0 + 1, self.waiting.1 + 1);
                close = self.waiting.1 >= TRIALS;
            }
            Outcome::Cancelled => {}
        }
        self.rate.call();
        if let Some(key) = sample.caller
            && let Some(caller) = self.callers.iter_mut().find(|caller| caller.key == key)
        {
            caller.waiting += 1;
        }
        close || (timed && self.rate.due(at))
    }

    /// Whether a caller has no place and there is one.
    #[inline]
    pub(super) fn is_new_caller(&self, key: ToolKey) -> bool {
        self.callers.len() < CALLERS && self.callers.iter().all(|caller| caller.key != key)
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
        if self.watch.is_full() {
            self.close_durations(config, raise);
        }
        self.close_counts(config, raise);
        if config.accept_after.is_some() {
            self.accept_if_old(config, raise);
        }
    }

    fn close_durations(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
        let event = self
            .watch
            .close(self.last_at)
            .and_then(|finding| match finding {
                Finding::Changed(template) => self.changed(template, config),
                Finding::Recovered => self.recovered(config),
                Finding::Burst(template) => self.burst(template, config),
                Finding::Single(bucket) => self.single(bucket, config),
            });
        event.into_iter().for_each(raise);
    }

    fn close_counts(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
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
        if config.timed && self.rate.due(self.last_at) {
            self.close_rate(self.last_at, config, raise);
        }
    }

    fn close_rate(&mut self, at: u64, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
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

    /// Time goes on without calls.
    pub(super) fn advance(
        &mut self,
        now: u64,
        config: &DetectorConfig,
        raise: &mut dyn FnMut(Event),
    ) {
        if self.watch.waiting()
            && now.saturating_sub(self.batch_at) >= config.batch_timeout.as_nanos() as u64
        {
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

    fn calls_a_day(&self) -> f64 {
        let seconds = self.last_at.saturating_sub(self.first_at) as f64 / 1e9;
        if seconds > 0.0 {
            self.calls as f64 / seconds * 86_400.0
        } else {
            0.0
        }
    }

    fn threshold(&self, config: &DetectorConfig) -> f64 {
        self.settings.threshold.unwrap_or(config.threshold)
    }

    /// The last calls, as many as `window_size` of those since call `since`.
    fn now(&self, since: u64, config: &DetectorConfig) -> Histogram {
        let window = self.settings.window_size.unwrap_or(config.window_size);
        let calls = (self.watch.recent.pushed() - since).min(u64::from(window));
        let mut now = Histogram::default();
        for bucket in self.watch.last(calls.max(1) as usize) {
            now.add_bucket(bucket, 1);
        }
        now
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
        let median = compare::compare(Measure::Median, &self.watch.normal, &all, inflation);
        let template = compare::shift(&self.watch.normal, &self.watch.since(newest))
            .filter(|_| !ALL[template].is_location())
            .filter(|_| median.is_some_and(|median| median.at_least() > least))
            .and_then(Template::nearest)
            .unwrap_or(template);
        let compared = compare::of_template(template, &self.watch.normal, &now, inflation)?;
        // All calls since the change say more exactly than the window how large it is.
        let exact = compare::compare(compared.measure, &self.watch.normal, &all, inflation)?;
        if exact.at_most() < least {
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
            self.watch.told(told.template);
            self.told = Some(Told {
                at: self.last_at,
                compared,
                ..told
            });
        } else {
            self.watch.quiet();
        }
        Some(event)
    }

    fn burst(&mut self, template: usize, config: &DetectorConfig) -> Option<Event> {
        let since = self.watch.recent.pushed().saturating_sub(BATCH as u64);
        let now = self.now(since, config);
        let compared = compare::compare(Measure::Median, &self.watch.normal, &now, 1.0)?;
        // What is less may be the beginning of a change, which will be told as that.
        if compared.at_most() < self.threshold(config) || (-0.4..0.67).contains(&compared.change) {
            return None;
        }
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
        let since = self.watch.recent.pushed() - 1;
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
        Some(case.event(self, config))
    }

    fn durations(
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
            since: time(since),
            interval: time(since.saturating_sub(reach)).zip(time((since + reach).min(last))),
            caller: None,
            score,
            score_limit,
        }
    }

    fn count_event(
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
            since: Some(turn.since),
            interval: None,
            caller,
            score: turn.evidence,
            score_limit: turn.limit,
        }
        .event(self, config)
    }

    fn accept_if_old(&mut self, config: &DetectorConfig, raise: &mut dyn FnMut(Event)) {
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

    pub(super) fn baseline(&self) -> Baseline {
        let mut baseline = Baseline {
            durations: self.watch.normal.clone(),
            season: self.watch.seasonal.profile(self.watch.normal_calls()),
            updated_at: if self.last_at == 0 {
                self.stored.updated_at
            } else {
                UNIX_EPOCH + Duration::from_nanos(self.last_at)
            },
            ..self.stored.clone()
        };
        self.add_counts(&mut baseline, (0, 0, 0, 0));
        baseline
    }

    /// Adds what was counted here since.
    fn add_counts(&self, baseline: &mut Baseline, since: (u64, u64, u64, u64)) {
        let (calls, errors, counted, watched) = self.counted();
        baseline.calls = baseline.calls.saturating_add(calls - since.0);
        baseline.errors = baseline
            .errors
            .saturating_add(errors - since.1)
            .min(baseline.calls);
        baseline.counted = baseline.counted.saturating_add(counted - since.2);
        baseline.watched = baseline
            .watched
            .saturating_add(Duration::from_nanos(watched - since.3));
        baseline.inflation = super::baseline::Inflation {
            calls: self.calls,
            ratios: self.watch.ratios.to_vec(),
        };
    }

    fn counted(&self) -> (u64, u64, u64, u64) {
        let (errors, calls) = (self.ended.0 + self.waiting.0, self.ended.1 + self.waiting.1);
        (
            calls,
            errors,
            self.calls,
            self.last_at.saturating_sub(self.first_at),
        )
    }

    /// What was learned since this was last asked; `true`: what was stored before is void.
    pub(super) fn drain_growth(&mut self) -> Option<(bool, Baseline)> {
        let counted = self.counted();
        let replaced = std::mem::take(&mut self.watch.replaced);
        if !replaced && counted == self.drained {
            return None;
        }
        let mut grown = Baseline {
            durations: std::mem::take(&mut self.watch.grown),
            season: self.watch.seasonal.profile(self.watch.normal_calls()),
            updated_at: UNIX_EPOCH + Duration::from_nanos(self.last_at),
            ..Baseline::default()
        };
        self.add_counts(&mut grown, self.drained);
        self.drained = counted;
        Some((replaced, grown))
    }

    /// Starts from what was learned before.
    pub(super) fn import(&mut self, baseline: &Baseline) {
        self.stored.merge(baseline);
        self.stored.durations.clear();
        if let Some(season) = &baseline.season {
            self.watch.seasonal.adopt(season);
        }
        self.watch.import(&baseline.durations);
        self.errors.import(baseline.errors, baseline.calls);
        if let Ok(ratios) =
            <[f32; super::template::TEMPLATES]>::try_from(baseline.inflation.ratios.as_slice())
        {
            self.watch.ratios = ratios;
        }
    }
}
