//! A history: the events that a detector has raised.

use super::{Detector, Event, Filter};

impl Detector {
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

    #[cold]
    pub(super) fn raise(&mut self, event: Event) {
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
        // Who never drains finds them in the report.
        if self.undrained.len() >= self.config.max_events {
            self.undrained.remove(0);
        }
        self.events.push_back(event.clone());
        self.undrained.push(event);
    }
}
