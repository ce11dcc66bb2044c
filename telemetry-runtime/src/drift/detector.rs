//! The detector: all tools, their baselines, and the events they have raised.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use super::tool::Tool;
use super::{
    Baseline, BaselineStats, ConfigError, DetectorConfig, Event, Filter, Outcome, Sample,
    ToolSettings,
};

/// Watches tools. See the [module](super) for an example.
///
/// Time goes on only by what is handed in: the moments of samples, and [`advance`](Self::advance)
/// where there are none. It need not be the real one. A moment before the last one counts as the
/// last one.
#[derive(Debug)]
pub struct Detector {
    config: DetectorConfig,
    names: HashMap<String, u32>,
    tools: Vec<Slot>,
    settings: HashMap<String, ToolSettings>,
    events: VecDeque<Event>,
    undrained: Vec<Event>,
    counters: Counters,
    now: u64,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    tool: Tool,
}

/// A tool of one detector, for [`Detector::record`]. It outlives the tool's eviction: samples
/// recorded by it are then refused, and a new one is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToolKey {
    slot: u32,
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
            tools: Vec::new(),
            settings: HashMap::new(),
            events: VecDeque::new(),
            undrained: Vec::new(),
            counters: Counters::default(),
            now: 0,
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
        Ok(())
    }

    /// Settings of one tool, known already or not.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; the old ones stay.
    pub fn configure(&mut self, tool: &str, settings: ToolSettings) -> Result<(), ConfigError> {
        settings.validate()?;
        self.settings.insert(tool.to_owned(), settings);
        Ok(())
    }

    /// The tool of that name, known from now on.
    pub fn key(&mut self, tool: &str) -> ToolKey {
        if let Some(slot) = self.names.get(tool) {
            let generation = self.tools[*slot as usize].generation;
            return ToolKey {
                slot: *slot,
                generation,
            };
        }
        let slot = self.tools.len() as u32;
        let settings = self.settings.get(tool).cloned().unwrap_or_default();
        self.tools.push(Slot {
            generation: 0,
            tool: Tool::new(tool, settings),
        });
        self.names.insert(tool.to_owned(), slot);
        ToolKey {
            slot,
            generation: 0,
        }
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
        let at = self.time(sample.at);
        let Some(slot) = self.tools.get_mut(key.slot as usize) else {
            self.counters.rejected += 1;
            return false;
        };
        if slot.generation != key.generation {
            self.counters.rejected += 1;
            return false;
        }
        if let Some(event) = slot.tool.record(sample, at, &self.config) {
            self.raise(event);
        }
        true
    }

    #[cold]
    fn raise(&mut self, event: Event) {
        if self
            .settings
            .get(&event.tool_name)
            .is_some_and(|settings| settings.muted)
        {
            return;
        }
        if self.events.len() >= self.config.max_events {
            self.events.pop_front();
            self.counters.events_dropped += 1;
        }
        self.events.push_back(event.clone());
        self.undrained.push(event);
    }

    /// Nanoseconds since 1970; time does not go back.
    fn time(&mut self, at: SystemTime) -> u64 {
        let nanos = at
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64);
        self.now = self.now.max(nanos);
        self.now
    }

    /// Takes in calls that were counted elsewhere: durations of successes (ns) with their numbers,
    /// errors, and cancelled calls. Their order is not known, so a short burst among them is not
    /// seen.
    pub fn observe_counts(
        &mut self,
        tool: &str,
        successes: impl IntoIterator<Item = (u64, u32)>,
        errors: u64,
        _cancelled: u64,
        at: SystemTime,
    ) {
        let key = self.key(tool);
        for (nanos, count) in successes {
            for _ in 0..count {
                self.record(key, &Sample::new(nanos, Outcome::Success, at));
            }
        }
        for _ in 0..errors {
            self.record(key, &Sample::new(0, Outcome::Error, at));
        }
    }

    /// Lets time go on where no samples do: batches that have waited long enough are looked at,
    /// and a tool that is no longer called is noticed. Call it about every second.
    pub fn advance(&mut self, now: SystemTime) {
        let now = self.time(now);
        for slot in 0..self.tools.len() {
            if let Some(event) = self.tools[slot].tool.advance(now, &self.config) {
                self.raise(event);
            }
        }
    }

    /// Events raised since the last call of this, oldest first.
    pub fn drain_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.undrained)
    }

    /// Kept events that the filter asks for, newest first.
    #[must_use]
    pub fn report(&self, filter: &Filter) -> Vec<Event> {
        filter.select(self.events.iter())
    }

    /// Puts events of an earlier process, oldest first, before those of this one.
    pub fn import_events(&mut self, events: Vec<Event>) {
        for event in events.into_iter().rev() {
            if self.events.len() < self.config.max_events {
                self.events.push_front(event);
            }
        }
    }

    /// Forgets the events of one tool or of all; gives how many there were.
    pub fn clear_events(&mut self, tool: Option<&str>) -> usize {
        let before = self.events.len();
        self.events
            .retain(|event| tool.is_some_and(|tool| event.tool_name != tool));
        before - self.events.len()
    }

    /// What is normal for the tool; `None` while nothing is known.
    #[must_use]
    pub fn baseline_stats(&self, tool: &str) -> Option<BaselineStats> {
        BaselineStats::of(&self.tool(tool)?.baseline())
    }

    /// The evidence that the tool has changed, as a share of what raises an event: 0 is none, 1 and
    /// more is a change that has not ended. `None` while its baseline is too young to tell.
    #[must_use]
    pub fn score(&self, tool: &str) -> Option<f64> {
        self.tool(tool)?.watch.score_share().map(f64::from)
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        let slot = self.names.get(name)?;
        Some(&self.tools[*slot as usize].tool)
    }

    /// Names of the tools it knows, in no order.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// What the tool does now is its new normal. `false` if it has not changed, or is not known.
    pub fn accept(&mut self, _tool: &str) -> bool {
        false
    }

    /// Forgets the baseline of one tool or of all, and learns anew. Gives how many there were.
    pub fn reset_baseline(&mut self, tool: Option<&str>) -> usize {
        let mut reset = 0;
        for slot in &mut self.tools {
            if tool.is_none_or(|tool| slot.tool.name == tool) {
                slot.tool = Tool::new(&slot.tool.name.clone(), slot.tool.settings.clone());
                reset += 1;
            }
        }
        reset
    }

    /// The baseline of each tool, by name.
    #[must_use]
    pub fn export_baselines(&self) -> Vec<(String, Baseline)> {
        let tools = self.tools.iter();
        tools
            .map(|slot| (slot.tool.name.clone(), slot.tool.baseline()))
            .collect()
    }

    /// Starts from baselines learned before: by this version of the service (`version` as in
    /// [`DetectorConfig::service_version`]) or an older one, with which its calls are then compared
    /// from the first ones on. Those of a tool that has a baseline already are merged.
    pub fn import_baselines(
        &mut self,
        version: Option<&str>,
        baselines: impl IntoIterator<Item = (String, Baseline)>,
    ) {
        let _ = version;
        for (tool, baseline) in baselines {
            let key = self.key(&tool);
            if let Some(slot) = self.slot(key) {
                slot.tool.watch.normal.merge(&baseline.durations);
            }
        }
    }

    /// What each tool's baseline has learned since the last call of this: to be merged into a
    /// stored one. `replace`: the stored one is to go, since the old normal was reset or given up.
    pub fn drain_growth(&mut self) -> Vec<Growth> {
        Vec::new()
    }

    /// What was not taken in, or let go.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn slot(&mut self, key: ToolKey) -> Option<&mut Slot> {
        let slot = self.tools.get_mut(key.slot as usize)?;
        (slot.generation == key.generation).then_some(slot)
    }
}

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
