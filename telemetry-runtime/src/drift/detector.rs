//! The detector: all tools, their baselines, and the events they have raised.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use super::budget::Budget;
use super::clock::{Clock, unix_ns};
use super::inbox::Inbox;
use super::tool::Tool;
use super::{
    BaselineStats, ConfigError, DetectorConfig, Event, Growth, Outcome, Sample, ToolSettings,
};

/// Watches tools. See the [module](super) for an example.
///
/// Time goes on only by what is handed in: the moments of samples, and [`advance`](Self::advance)
/// where there are none. It need not be the real one. A moment before the last one counts as the
/// last one; one that is a minute or more before it sets the clock back.
#[derive(Debug)]
pub struct Detector {
    pub(super) config: DetectorConfig,
    pub(super) names: HashMap<String, u32>,
    /// Of each tool, in the same order: close together, since every call looks into one.
    pub(super) inboxes: Vec<Inbox>,
    pub(super) tools: Vec<Tool>,
    pub(super) settings: HashMap<String, ToolSettings>,
    pub(super) events: VecDeque<Event>,
    pub(super) undrained: Vec<Event>,
    pub(super) counters: Counters,
    /// What tools that were let go had learned, if somebody asks for growth.
    pub(super) evicted: Vec<Growth>,
    pub(super) stored: bool,
    pub(super) clock: Clock,
    /// What may be spent on tables now, in rows, and since when.
    budget: Budget,
}

/// Calls taken in from one count.
const MOST_AT_ONCE: u64 = 1 << 20;

/// A tool of one detector, for [`Detector::record`]. It outlives the tool's eviction: samples
/// recorded by it are then refused, and a new one is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToolKey {
    pub(super) slot: u32,
    generation: u32,
}

/// What a detector did not take in, or let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Samples refused: a duration that is negative, NaN or infinite, or an outdated key.
    pub rejected: u64,
    /// Tools let go because there were more than `max_tools`.
    pub evicted: u64,
    /// Events that went because there were more than `max_events`.
    pub events_dropped: u64,
}

impl Detector {
    /// A detector that knows no tool.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn new(config: DetectorConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            config,
            names: HashMap::new(),
            inboxes: Vec::new(),
            tools: Vec::new(),
            settings: HashMap::new(),
            events: VecDeque::new(),
            undrained: Vec::new(),
            counters: Counters::default(),
            evicted: Vec::new(),
            stored: false,
            clock: Clock::default(),
            budget: Budget::default(),
        })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &DetectorConfig {
        &self.config
    }

    /// Changes the settings; baselines stay.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; the old ones stay.
    pub fn set_config(&mut self, config: DetectorConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.config = config;
        if !self.config.timed {
            let inboxes = self.inboxes.iter_mut();
            inboxes.for_each(|inbox| inbox.expect(0.0));
        }
        // How sure it has to be may be another matter now.
        let tools = self.tools.iter_mut();
        tools.for_each(|tool| tool.watch.make_anew());
        Ok(())
    }

    /// Settings of one tool, known already or not.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; the old ones stay.
    pub fn configure(&mut self, tool: &str, settings: ToolSettings) -> Result<(), ConfigError> {
        settings.validate()?;
        if let Some(slot) = self.names.get(tool) {
            let known = &mut self.tools[*slot as usize];
            known.settings = settings.clone();
            known.watch.make_anew();
        }
        self.settings.insert(tool.to_owned(), settings);
        Ok(())
    }

    /// The tool of that name, known from now on. If there are `max_tools` already, the one that has
    /// not been called for longest goes.
    pub fn key(&mut self, tool: &str) -> ToolKey {
        if let Some(slot) = self.names.get(tool) {
            return ToolKey {
                slot: *slot,
                generation: self.inboxes[*slot as usize].generation,
            };
        }
        let settings = self.settings.get(tool).cloned().unwrap_or_default();
        let new = Tool::new(tool, settings, &self.config);
        let slot = if self.tools.len() < self.config.max_tools {
            self.inboxes.push(Inbox::new(0, self.clock.now()));
            self.tools.push(new);
            self.tools.len() - 1
        } else {
            let slot = self.least_recent();
            let generation = self.inboxes[slot].generation.wrapping_add(1);
            let empty = Inbox::new(generation, self.clock.now());
            let inbox = std::mem::replace(&mut self.inboxes[slot], empty);
            let mut old = std::mem::replace(&mut self.tools[slot], new);
            self.names.remove(&old.name);
            self.counters.evicted += 1;
            if let (true, Some((replace, baseline))) = (self.stored, old.drain_growth(&inbox)) {
                self.evicted.push(Growth {
                    tool: old.name,
                    replace,
                    baseline,
                });
            }
            slot
        };
        self.names.insert(tool.to_owned(), slot as u32);
        ToolKey {
            slot: slot as u32,
            generation: self.inboxes[slot].generation,
        }
    }

    fn least_recent(&self) -> usize {
        let inboxes = self.inboxes.iter().enumerate();
        inboxes
            .min_by_key(|(_, inbox)| inbox.last_at)
            .map_or(0, |(place, _)| place)
    }

    /// Takes in one call.
    pub fn observe(&mut self, tool: &str, nanos: u64, outcome: Outcome, at: SystemTime) {
        let key = self.key(tool);
        self.record(key, &Sample::new(nanos, outcome, at));
    }

    /// The same with a duration in milliseconds, as files have it. A duration that is negative,
    /// NaN or infinite is refused, counted ([`Counters::rejected`]), and `false` comes back.
    pub fn observe_ms(&mut self, tool: &str, ms: f64, outcome: Outcome, at: SystemTime) -> bool {
        if !ms.is_finite() || ms < 0.0 {
            self.counters.rejected += 1;
            return false;
        }
        // As a cast, over-long durations become the longest.
        self.observe(tool, (ms * 1e6) as u64, outcome, at);
        true
    }

    /// Takes in one call of a tool that is known by its key: the fast way. `false`, and counted,
    /// if the key is outdated.
    pub fn record(&mut self, key: ToolKey, sample: &Sample) -> bool {
        self.record_at(key, sample, unix_ns(sample.at))
    }

    /// The same for a sample whose moment stands beside it, ns since 1970, as spans have it: `sample.at` is not
    /// read. A moment before the last one counts as the last one; one that is a minute or more before it sets the clock back.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use telemetry_runtime::drift::{Detector, DetectorConfig, Outcome, Sample};
    ///
    /// let mut detector = Detector::new(DetectorConfig::default())?;
    /// let tool = detector.key("rag_query");
    /// let sample = Sample::new(33_000_000, Outcome::Success, SystemTime::UNIX_EPOCH);
    /// assert!(detector.record_at(tool, &sample, 1_700_000_000_000_000_000));
    /// # Ok::<(), telemetry_runtime::drift::ConfigError>(())
    /// ```
    #[inline]
    pub fn record_at(&mut self, key: ToolKey, sample: &Sample, at: u64) -> bool {
        // What nearly every call is comes first, and nothing else on its way.
        if sample.outcome == Outcome::Success
            && sample.trace.is_none()
            && sample.caller.is_none()
            && self.clock.is_usual(at)
            && let Some(inbox) = self.inboxes.get_mut(key.slot as usize)
            && inbox.generation == key.generation
            && !inbox.is_due(at)
        {
            self.clock.set_usual(at);
            if inbox.push(sample.nanos, at) {
                self.close(key.slot as usize, at);
            }
            return true;
        }
        let at = self.time(at);
        self.record_any(key, sample, at)
    }

    #[inline(never)]
    fn record_any(&mut self, key: ToolKey, sample: &Sample, at: u64) -> bool {
        let slot = key.slot as usize;
        let inbox = self.inboxes.get_mut(slot);
        let Some(inbox) = inbox.filter(|inbox| inbox.generation == key.generation) else {
            self.counters.rejected += 1;
            return false;
        };
        let tool = &mut self.tools[slot];
        let due = inbox.is_due(at);
        if due && inbox.is_late(at) {
            return self.record_late(key, sample, at);
        }
        let success = sample.outcome == Outcome::Success;
        let enough = if success {
            inbox.push(sample.nanos, at)
        } else {
            tool.failed(sample.outcome, at, inbox)
        };
        if let Some(trace) = sample.trace {
            let nanos = if success { sample.nanos } else { 0 };
            tool.traces
                .add(tool.calls + inbox.new_calls(), trace, nanos);
        }
        if let Some(caller) = sample.caller
            && tool.called_by(caller)
        {
            self.meet(key, caller);
        }
        if enough || due {
            self.close(slot, at);
        }
        true
    }

    /// The calls before it belong to their own time.
    #[cold]
    fn record_late(&mut self, key: ToolKey, sample: &Sample, at: u64) -> bool {
        let mut raised = Vec::new();
        let slot = key.slot as usize;
        let (inbox, tool) = (&mut self.inboxes[slot], &mut self.tools[slot]);
        tool.look_at_rest(inbox, &self.config, &mut |event| raised.push(event));
        raised.into_iter().for_each(|event| self.raise(event));
        self.record_any(key, sample, at)
    }

    #[cold]
    fn meet(&mut self, key: ToolKey, caller: ToolKey) {
        let known = self
            .inboxes
            .get(caller.slot as usize)
            .is_some_and(|inbox| inbox.generation == caller.generation);
        if known {
            let name = self.tools[caller.slot as usize].name.clone();
            self.tools[key.slot as usize].add_caller(caller, name);
        }
    }

    #[inline(never)]
    fn close(&mut self, slot: usize, at: u64) {
        let mut raised = Vec::new();
        let (inbox, tool) = (&mut self.inboxes[slot], &mut self.tools[slot]);
        if inbox.is_enough() {
            self.budget.calls(inbox.count());
        }
        tool.close(inbox, &self.config, &mut |event| raised.push(event));
        if tool.watch.due() && self.budget.take(at) {
            let calls = tool.calls_per_false_alarm(&self.config);
            tool.watch.rebuild(calls);
        }
        raised.into_iter().for_each(|event| self.raise(event));
    }

    #[inline]
    fn time(&mut self, at: u64) -> u64 {
        if self.clock.set(at) {
            self.slept();
        }
        self.clock.now()
    }

    #[cold]
    fn slept(&mut self) {
        let now = self.clock.now();
        let mut raised = Vec::new();
        for (inbox, tool) in self.inboxes.iter_mut().zip(&mut self.tools) {
            tool.look_at_rest(inbox, &self.config, &mut |event| raised.push(event));
            tool.slept(now, inbox);
        }
        raised.into_iter().for_each(|event| self.raise(event));
    }

    /// Takes in calls that were counted elsewhere: durations of successes (ns) with their numbers,
    /// errors, and cancelled calls. Their order is not known and is made up, so a short burst among
    /// them is not seen. Of more than a million at once, a part is taken for all.
    pub fn observe_counts(
        &mut self,
        tool: &str,
        successes: impl IntoIterator<Item = (u64, u32)>,
        errors: u64,
        cancelled: u64,
        at: SystemTime,
    ) {
        let key = self.key(tool);
        let counts: Vec<(u64, u64)> = successes
            .into_iter()
            .map(|(nanos, count)| (nanos, u64::from(count)))
            .collect();
        let total = counts
            .iter()
            .map(|count| count.1)
            .sum::<u64>()
            .saturating_add(errors)
            .saturating_add(cancelled);
        let part = total.div_ceil(MOST_AT_ONCE).max(1);
        let failed = |outcome| Sample::new(0, outcome, at);
        let successes = counts
            .iter()
            .map(|(nanos, count)| (Sample::new(*nanos, Outcome::Success, at), *count));
        let kinds: Vec<(Sample, u64)> = successes
            .chain([
                (failed(Outcome::Error), errors),
                (failed(Outcome::Cancelled), cancelled),
            ])
            .collect();
        // Places in `kinds`: four bytes a call, of which there may be a million.
        let times = |count: u64| count.div_ceil(part) as usize;
        let mut order = Vec::with_capacity(kinds.iter().map(|kind| times(kind.1)).sum());
        for (place, (_, count)) in (0_u32..).zip(&kinds) {
            order.extend(std::iter::repeat_n(place, times(*count)));
        }
        // The same for the same counts: a replay gives the same events.
        fastrand::Rng::with_seed(total).shuffle(&mut order);
        for place in order {
            self.record(key, &kinds[place as usize].0);
        }
    }

    /// Lets time go on where no samples do: calls that have waited long enough for others are looked at (those of a
    /// tool with 80 a second or more at once), and a tool that is no longer called is noticed. Call it about every second.
    pub fn advance(&mut self, now: SystemTime) {
        let now = self.time(unix_ns(now));
        let mut raised = Vec::new();
        for (inbox, tool) in self.inboxes.iter_mut().zip(&mut self.tools) {
            tool.advance(now, inbox, &self.config, &mut |event| raised.push(event));
            if tool.watch.due() && self.budget.take(now) {
                let calls = tool.calls_per_false_alarm(&self.config);
                tool.watch.rebuild(calls);
            }
        }
        raised.into_iter().for_each(|event| self.raise(event));
    }

    /// What is normal for the tool; `None` while nothing is known.
    #[must_use]
    pub fn baseline_stats(&self, tool: &str) -> Option<BaselineStats> {
        let slot = *self.names.get(tool)? as usize;
        BaselineStats::of(&self.tools[slot].baseline(&self.inboxes[slot]))
    }

    /// The evidence that the tool has changed, as a share of what raises an event: 0 is none, 1 and
    /// more is a change that has not ended. `None` while its baseline is too young to tell.
    #[must_use]
    pub fn score(&self, tool: &str) -> Option<f64> {
        self.tool(tool)?.score()
    }

    /// Whether a change of the tool was told that is not over. A muted tool's counts as told.
    #[must_use]
    pub fn is_drifting(&self, tool: &str) -> bool {
        self.tool(tool).is_some_and(Tool::is_changed)
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        let slot = self.names.get(name)?;
        Some(&self.tools[*slot as usize])
    }

    /// Names of the tools it knows, in no order.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// What was not taken in, or let go.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
