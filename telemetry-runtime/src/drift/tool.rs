//! A tool: what is watched of it, and what its findings are worth.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::compare::{self, Comparison};
use super::histogram::bucket;
use super::template::ALL;
use super::watch::{Finding, Watch};
use super::{
    Baseline, DetectorConfig, DriftType, Event, Histogram, Interval, Measure, Metadata, Outcome,
    Sample, Severity, Status, ToolSettings, describe,
};

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) settings: ToolSettings,
    pub(super) watch: Watch,
    /// Ended calls, whatever their outcome.
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) first_at: u64,
    pub(super) last_at: u64,
    /// When the batch that waits began.
    batch_at: u64,
    traces: VecDeque<(u64, [u8; 16])>,
    older_traces: VecDeque<(u64, [u8; 16])>,
    pub(super) told: Option<Told>,
    pub(super) baseline_version: Option<String>,
}

/// The change that was told and is not over.
#[derive(Clone, Debug)]
pub(super) struct Told {
    at: u64,
    drift_type: DriftType,
    change: f64,
    measure: Measure,
    template: usize,
}

impl Tool {
    pub(super) fn new(name: &str, settings: ToolSettings) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            watch: Watch::new(),
            calls: 0,
            errors: 0,
            first_at: 0,
            last_at: 0,
            batch_at: 0,
            traces: VecDeque::new(),
            older_traces: VecDeque::new(),
            told: None,
            baseline_version: None,
        }
    }

    /// Takes in one call; an event is rare.
    #[inline]
    pub(super) fn record(
        &mut self,
        sample: &Sample,
        at: u64,
        config: &DetectorConfig,
    ) -> Option<Event> {
        self.calls += 1;
        if self.calls == 1 {
            self.first_at = at;
        }
        self.last_at = at;
        match sample.outcome {
            Outcome::Success => {
                if !self.watch.waiting() {
                    self.batch_at = at;
                }
                if self.watch.push(bucket(sample.nanos)) {
                    return self.close(config);
                }
            }
            Outcome::Error => self.errors += 1,
            Outcome::Cancelled => {}
        }
        None
    }

    /// Looks at the batch that waits.
    pub(super) fn close(&mut self, config: &DetectorConfig) -> Option<Event> {
        let calls = self.calls_per_false_alarm(config);
        let finding = self.watch.close(self.last_at, calls)?;
        self.judge(finding, config)
    }

    /// Time goes on without calls.
    pub(super) fn advance(&mut self, now: u64, config: &DetectorConfig) -> Option<Event> {
        if self.watch.waiting()
            && now.saturating_sub(self.batch_at) >= config.batch_timeout.as_nanos() as u64
        {
            return self.close(config);
        }
        None
    }

    /// Calls to one false alarm: as many as come in the time in which one is accepted, and 100,000 at
    /// least.
    fn calls_per_false_alarm(&self, config: &DetectorConfig) -> f64 {
        if let Some(calls) = config.calls_per_false_alarm {
            return calls;
        }
        let accepted = self
            .settings
            .false_alarms_per_day
            .unwrap_or(config.false_alarms_per_day);
        let seconds = self.last_at.saturating_sub(self.first_at) as f64 / 1e9;
        let a_day = if seconds > 0.0 {
            self.calls as f64 / seconds * 86_400.0
        } else {
            0.0
        };
        (a_day / accepted).max(1e5)
    }

    fn threshold(&self, config: &DetectorConfig) -> f64 {
        self.settings.threshold.unwrap_or(config.threshold)
    }

    /// The last calls, as many as `window_size` of those since call `since`.
    fn now(&self, since: u64, config: &DetectorConfig) -> Histogram {
        let window = self.settings.window_size.unwrap_or(config.window_size);
        let calls = (self.watch.recent.pushed() - since).min(u64::from(window));
        let mut now = Histogram::default();
        for bucket in self.watch.recent.last(calls.max(1) as usize) {
            now.add_bucket(bucket, 1);
        }
        now
    }

    fn judge(&mut self, finding: Finding, config: &DetectorConfig) -> Option<Event> {
        match finding {
            Finding::Changed(template) => self.changed(template, config),
            Finding::Recovered => self.recovered(config),
            Finding::Burst(template) => self.burst(template, config),
            Finding::Single(bucket) => self.single(bucket, config),
        }
    }

    fn changed(&mut self, template: usize, config: &DetectorConfig) -> Option<Event> {
        let since = self.watch.started(template);
        let now = self.now(since, config);
        let inflation = f64::from(self.watch.ratios[template]);
        let compared = compare::of_template(template, &self.watch.normal, &now, inflation)?;
        if compared.at_most() < self.threshold(config) {
            self.watch.quiet();
            return None;
        }
        let kind = if ALL[template].is_location() {
            DriftType::Performance
        } else {
            DriftType::Pattern
        };
        let event = self.event(
            kind,
            Status::Drifted,
            &compared,
            since,
            &now,
            template,
            config,
        );
        self.told = Some(Told {
            at: self.last_at,
            drift_type: kind,
            change: compared.change,
            measure: compared.measure,
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
        let compared = compare::compare(told.measure, &self.watch.normal, &now, inflation)?;
        if compared.at_least() > self.threshold(config).max(told.change.abs() / 3.0) {
            let event = self.event(
                told.drift_type,
                Status::Drifted,
                &compared,
                since,
                &now,
                told.template,
                config,
            );
            self.told = Some(Told {
                at: self.last_at,
                change: compared.change,
                ..told
            });
            self.watch.told(told.template);
            return Some(event);
        }
        let event = self.event(
            told.drift_type,
            Status::Recovered,
            &compared,
            since,
            &now,
            told.template,
            config,
        );
        self.watch.quiet();
        Some(event)
    }

    fn burst(&mut self, template: usize, config: &DetectorConfig) -> Option<Event> {
        let since = self.watch.recent.pushed().saturating_sub(16);
        let now = self.now(since, config);
        let compared = compare::compare(Measure::Median, &self.watch.normal, &now, 1.0)?;
        if compared.at_most() < self.threshold(config) {
            return None;
        }
        Some(self.event(
            DriftType::Anomaly,
            Status::Drifted,
            &compared,
            since,
            &now,
            template,
            config,
        ))
    }

    fn single(&mut self, bucket: u16, config: &DetectorConfig) -> Option<Event> {
        let since = self.watch.recent.pushed() - 1;
        let mut now = Histogram::default();
        now.add_bucket(bucket, 1);
        let mut compared = compare::compare(Measure::Median, &self.watch.normal, &now, 1.0)?;
        compared.measure = Measure::Duration;
        Some(self.event(
            DriftType::Anomaly,
            Status::Drifted,
            &compared,
            since,
            &now,
            0,
            config,
        ))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an event")]
    fn event(
        &self,
        drift_type: DriftType,
        status: Status,
        compared: &Comparison,
        since: u64,
        now: &Histogram,
        template: usize,
        config: &DetectorConfig,
    ) -> Event {
        let pushed = self.watch.recent.pushed();
        let calls = pushed - since.min(pushed);
        let timed = |call: u64| self.watch.recent.time(call).map(moment);
        // Where a change most probably began: known the better, the more a call says.
        let reach = (3.0 / self.watch.gain(template).max(1e-3)) as u64;
        let interval = || {
            let (from, to) = (
                since.saturating_sub(reach),
                (since + reach).min(pushed.saturating_sub(1)),
            );
            Some(Interval {
                from: timed(from)?,
                to: timed(to)?,
            })
        };
        let (score, score_limit) = self.watch.evidence(template);
        let first = self.calls - calls;
        let hex =
            |trace: &(u64, [u8; 16])| trace.1.iter().map(|byte| format!("{byte:02x}")).collect();
        let all = || self.older_traces.iter().chain(&self.traces);
        let mut event = Event {
            timestamp: moment(self.last_at),
            tool_name: self.name.clone(),
            drift_type,
            severity: Severity::of_percent(100.0 * compared.change),
            status,
            baseline_value: compared.before,
            current_value: compared.after,
            deviation_percent: 100.0 * compared.change,
            description: String::new(),
            metadata: Metadata {
                measure: compared.measure,
                before: compare::quantiles(&self.watch.normal),
                after: if compared.measure == Measure::Duration {
                    None
                } else {
                    compare::quantiles(now)
                },
                since: if config.timed { timed(since) } else { None },
                since_interval: if config.timed { interval() } else { None },
                calls,
                sample: self.calls,
                sample_since: first + 1,
                traces_before: all().filter(|trace| trace.0 <= first).map(hex).collect(),
                traces_after: all().filter(|trace| trace.0 > first).map(hex).collect(),
                caller: None,
                service_version: config.service_version.clone(),
                baseline_version: self.baseline_version.clone(),
                environment: config.environment.clone(),
                score,
                score_limit,
            },
        };
        event.description = describe::sentence(&event);
        event
    }

    pub(super) fn baseline(&self) -> Baseline {
        Baseline {
            durations: self.watch.normal.clone(),
            calls: self.calls,
            errors: self.errors,
            watched: Duration::from_nanos(self.last_at - self.first_at),
            counted: self.calls,
            updated_at: moment(self.last_at),
            ..Baseline::default()
        }
    }
}

fn moment(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}
