//! The collector's side: what the detector needs of each call, copied into chunks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::analyser::{Link, Message};
use super::tally::{Tally, add};
use crate::call::clock::Anchor;
use crate::call::record::{Caller, Kept};
use crate::call::{Outcome, Record};
use crate::collector::{Captured, Overflow, Sink, Uncollected};

/// Calls of a full chunk.
const CHUNK: usize = 8192;
/// Chunks that may wait for the analyser; calls beyond are counted by tool instead.
pub(super) const WAITING: usize = 4;
/// How long calls wait for their chunk to be full: waking the analyser costs as much as
/// copying a thousand of them.
const DELAY: Duration = Duration::from_millis(100);

/// A call as the detector sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Position of the tool.
    pub(super) tool: u32,
    pub(super) caller: Caller,
    pub(super) nanos: u64,
    /// Unix time, ns.
    pub(super) end: u64,
    /// All zero where the call was not sampled.
    pub(super) trace: [u64; 2],
    pub(super) outcome: Outcome,
}

/// Calls without an order, by position of the tool.
pub(super) type Counted = HashMap<u32, Uncollected>;

/// One of the collector's sinks.
pub(super) struct Feed {
    link: Arc<Link>,
    tally: Arc<Tally>,
    open: Vec<Call>,
    /// When the first of `open` came.
    opened: Option<Instant>,
    /// What had no record, or found too many chunks waiting.
    counted: Counted,
}

impl Feed {
    pub(super) fn new(link: Arc<Link>, tally: Arc<Tally>) -> Self {
        Self {
            link,
            tally,
            open: Vec::new(),
            opened: None,
            counted: Counted::new(),
        }
    }

    /// `flush`: somebody waits for what is here, and it may be for the last time.
    fn hand_over(&mut self, flush: bool) {
        self.opened = None;
        if !flush && !self.link.has_room() {
            for call in self.open.drain(..) {
                let counted = self.counted.entry(call.tool).or_default();
                counted.add(call.outcome, call.nanos);
            }
            return;
        }
        if !self.open.is_empty() {
            let calls = std::mem::replace(&mut self.open, self.link.chunk(CHUNK));
            self.lost_unless(calls.len() as u64, |link| link.send(Message::Calls(calls)));
        }
        if !self.counted.is_empty() {
            let counted = std::mem::take(&mut self.counted);
            let calls = counted.values().map(Uncollected::calls).sum();
            add(&self.tally.calls_unordered, calls);
            self.lost_unless(calls, |link| link.send(Message::Counted(counted)));
        }
    }

    fn lost_unless(&self, calls: u64, sent: impl FnOnce(&Link) -> bool) {
        if !sent(&self.link) {
            add(&self.tally.calls_lost, calls);
        }
    }
}

impl Sink for Feed {
    fn calls(&mut self, calls: &[Record], _captured: Captured<'_>, anchor: &Anchor) {
        if !self.link.watches() {
            return;
        }
        for record in calls {
            if !record.origin.is_watched() {
                continue;
            }
            if record.kept == Kept::Drifting {
                add(&self.tally.calls_kept, 1);
            }
            self.open.push(Call {
                tool: record.origin.tool.id,
                caller: record.ids.caller,
                nanos: record.nanos(),
                end: anchor.unix_ns(record.end),
                trace: match record.is_sent() {
                    true => record.ids.trace,
                    false => [0; 2],
                },
                outcome: record.outcome,
            });
            if self.open.len() >= CHUNK {
                self.hand_over(false);
            }
        }
    }

    fn overflow(&mut self, overflow: &Overflow) {
        if !self.link.watches() {
            return;
        }
        for (tool, more) in &overflow.tools {
            self.counted.entry(*tool).or_default().merge(more);
        }
    }

    fn tick(&mut self, flush: bool) {
        if self.open.is_empty() && self.counted.is_empty() {
            return;
        }
        let opened = *self.opened.get_or_insert_with(Instant::now);
        if flush || opened.elapsed() >= DELAY {
            self.hand_over(flush);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::{Ids, Piece};

    fn record(tool: &str, outcome: Outcome) -> Record {
        Record {
            origin: crate::call::tool::named(tool),
            start: 0,
            end: 1000,
            ids: Ids::default(),
            parent: 0,
            outcome,
            kept: Kept::No,
            captured: Piece::default(),
            details: None,
        }
    }

    /// Nobody takes anything in: what may wait is bounded, the rest is counted by tool.
    #[test]
    fn what_finds_no_room_is_counted() {
        let link = Arc::new(Link::default());
        let _messages = link.for_a_test();
        let tally = Arc::new(Tally::default());
        let mut feed = Feed::new(Arc::clone(&link), tally);
        let calls: Vec<Record> = (0..CHUNK)
            .map(|number| match number % 4 {
                0 => record("fed", Outcome::Error),
                _ => record("fed", Outcome::Success),
            })
            .collect();
        for _ in 0..WAITING + 3 {
            feed.calls(&calls, Captured::default(), &Anchor::now());
        }
        assert!(feed.open.is_empty());
        let counted = |feed: &Feed, outcome: Outcome| -> u64 {
            let tools = feed.counted.values();
            tools.map(|tool| tool.ended[outcome as usize]).sum()
        };
        let quarter = 3 * CHUNK as u64 / 4;
        assert_eq!(counted(&feed, Outcome::Error), quarter);
        assert_eq!(counted(&feed, Outcome::Success), 3 * quarter);
        feed.tick(true);
        assert_eq!(
            counted(&feed, Outcome::Success),
            0,
            "all of it is asked for"
        );
        for _ in 0..3 {
            feed.calls(&calls, Captured::default(), &Anchor::now());
        }
        link.stop();
        feed.calls(&calls, Captured::default(), &Anchor::now());
        assert_eq!(counted(&feed, Outcome::Error), quarter, "nobody wants more");
    }
}
