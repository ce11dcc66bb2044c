//! Events that wait for the store: bounded by number, in the order they came.

use std::collections::VecDeque;

use crate::drift::Event;

/// What waits, and what has been handed to the store without its answer.
#[derive(Debug)]
pub(super) struct Buffer {
    most: usize,
    waiting: VecDeque<Event>,
    /// Part of the batch that is being written.
    sending: usize,
}

impl Buffer {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            waiting: VecDeque::new(),
            sending: 0,
        }
    }

    /// `false` where there is no room: what began first tells more than what follows from it, so
    /// the new one goes.
    pub(super) fn push(&mut self, event: Event) -> bool {
        let room = self.len() < self.most;
        if room {
            self.waiting.push_back(event);
        }
        room
    }

    /// The oldest, at most so many, to be written. Their room stays taken until
    /// [`written`](Self::written).
    pub(super) fn take(&mut self, most: usize) -> Vec<Event> {
        let events: Vec<_> = self.waiting.drain(..most.min(self.waiting.len())).collect();
        self.sending += events.len();
        events
    }

    /// What was taken is gone.
    pub(super) fn written(&mut self) {
        self.sending = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.sending
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Forgets the others, but not those that are being written.
    pub(super) fn retain(&mut self, keep: impl Fn(&Event) -> bool) {
        self.waiting.retain(keep);
    }

    /// Forgets everything; gives the number of events that were in it.
    pub(super) fn clear(&mut self) -> u64 {
        let events = self.len() as u64;
        self.waiting.clear();
        self.sending = 0;
        events
    }
}
