//! What a detector gives to a store or another detector, and takes from there.

use super::inbox::Inbox;
use super::{Baseline, Detector, Growth};

impl Detector {
    /// What the tool does now is its new normal. `false` if it has not changed, or is not known.
    pub fn accept(&mut self, tool: &str) -> bool {
        let Some(slot) = self.names.get(tool) else {
            return false;
        };
        let mut raised = Vec::new();
        let slot = *slot as usize;
        let (inbox, tool) = (&mut self.inboxes[slot], &mut self.tools[slot]);
        tool.count(inbox);
        let accepted = tool.accept(&self.config, &mut |event| raised.push(event));
        raised.into_iter().for_each(|event| self.raise(event));
        accepted
    }

    /// Forgets the baseline of one tool or of all, and learns anew. Gives how many there were.
    pub fn reset_baseline(&mut self, tool: Option<&str>) -> usize {
        let mut reset = 0;
        for (inbox, known) in self.inboxes.iter_mut().zip(&mut self.tools) {
            if tool.is_none_or(|tool| known.name == tool) {
                *known = known.anew(&self.config);
                *inbox = Inbox::new(inbox.generation, self.clock.now());
                reset += 1;
            }
        }
        reset
    }

    /// The baseline of each tool, by name.
    #[must_use]
    pub fn export_baselines(&self) -> Vec<(String, Baseline)> {
        let tools = self.inboxes.iter().zip(&self.tools);
        tools
            .map(|(inbox, tool)| (tool.name.clone(), tool.baseline(inbox)))
            .collect()
    }

    /// Starts from baselines learned before: by this version of the service (`version` as in
    /// [`DetectorConfig::service_version`](super::DetectorConfig::service_version)) or an older one,
    /// with which its calls are then compared from the first ones on. Those of a tool that has a baseline already are merged.
    pub fn import_baselines(
        &mut self,
        version: Option<&str>,
        baselines: impl IntoIterator<Item = (String, Baseline)>,
    ) {
        for (tool, baseline) in baselines {
            let key = self.key(&tool);
            let slot = key.slot as usize;
            let (inbox, tool) = (&mut self.inboxes[slot], &mut self.tools[slot]);
            tool.baseline_version = version.map(str::to_owned);
            tool.count(inbox);
            tool.import(&baseline, inbox.count().into());
            let calls = tool.calls_per_false_alarm(&self.config);
            if tool.watch.due() {
                tool.watch.rebuild(calls);
            }
        }
    }

    /// What each tool's baseline has learned since the last call of this: to be merged into a
    /// stored one. `replace`: the stored one is to go, since the old normal was reset or given up.
    pub fn drain_growth(&mut self) -> Vec<Growth> {
        self.stored = true;
        let mut growth = std::mem::take(&mut self.evicted);
        for (inbox, tool) in self.inboxes.iter().zip(&mut self.tools) {
            if let Some((replace, baseline)) = tool.drain_growth(inbox) {
                growth.push(Growth {
                    tool: tool.name.clone(),
                    replace,
                    baseline,
                });
            }
        }
        growth
    }
}
