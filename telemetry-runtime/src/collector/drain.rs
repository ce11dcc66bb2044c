//! One pass over all rings.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rtrb::Consumer;

use super::overflow::{Overflow, take_orphans};
use super::sink::Sink;
use crate::call::Record;
use crate::call::clock::Anchor;
use crate::call::ring::{self, Thread};

/// Records handed on between two looks at the clock.
const CHUNK: usize = 1024;

/// All threads' rings. They outlive a collector, as the threads do.
pub(super) static LANES: Mutex<Lanes> = Mutex::new(Lanes {
    all: Vec::new(),
    owner: Owner(0),
});

pub(super) struct Lanes {
    all: Vec<Lane>,
    owner: Owner,
}

/// The collector that may take records. One before it that was given up while it was busy
/// comes back too late.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// One thread's rings, the one in use last.
struct Lane {
    thread: Arc<Thread>,
    rings: VecDeque<Consumer<Record>>,
}

impl Lanes {
    /// Makes way for a new collector: everything that is there is handed to nobody.
    pub(super) fn take_over(&mut self) -> Owner {
        self.owner.0 += 1;
        self.drain(self.owner, &mut []);
        self.owner
    }

    /// Takes everything that is there; gives the number of records.
    pub(super) fn drain(&mut self, owner: Owner, sinks: &mut [Box<dyn Sink>]) -> usize {
        if owner != self.owner {
            return 0;
        }
        let new = ring::new_threads().into_iter();
        self.all.extend(new.map(|thread| Lane {
            thread,
            rings: VecDeque::new(),
        }));
        let mut records = 0;
        for lane in &mut self.all {
            records += lane.drain(sinks);
        }
        if let Some(orphans) = take_orphans() {
            hand_on(&orphans, sinks);
        }
        self.all.retain_mut(|lane| !lane.is_over());
        records
    }

    /// Shows the id of each tool whose call runs on some thread.
    pub(super) fn each_active(&self, mut show: impl FnMut(u32)) {
        self.all
            .iter()
            .for_each(|lane| lane.thread.each_active(&mut show));
    }
}

impl Lane {
    fn drain(&mut self, sinks: &mut [Box<dyn Sink>]) -> usize {
        // Taken first: a record can only be in a later ring once it is known here.
        self.rings.extend(self.thread.new_rings());
        let mut records = 0;
        while let Some(ring) = self.rings.front_mut() {
            // Asked before the last look, so that nothing comes after it.
            let over = ring.is_abandoned();
            records += take(ring, &self.thread, sinks);
            if !over {
                break;
            }
            if let Some(over) = self.rings.pop_front() {
                ring::retire(&over);
            }
        }
        if let Some(overflow) = self.thread.take_overflow() {
            hand_on(&overflow, sinks);
        }
        records
    }

    /// The thread is gone, and so is all it left.
    fn is_over(&mut self) -> bool {
        self.rings.is_empty() && Arc::get_mut(&mut self.thread).is_some_and(Thread::is_empty)
    }
}

fn take(ring: &mut Consumer<Record>, thread: &Thread, sinks: &mut [Box<dyn Sink>]) -> usize {
    let mut taken = 0;
    // No more than was there at first: a busy thread must not keep the others waiting.
    let mut left = ring.slots();
    while left > 0 {
        let Ok(chunk) = ring.read_chunk(left.min(CHUNK)) else {
            break;
        };
        left -= chunk.len();
        taken += chunk.len();
        let anchor = Anchor::now();
        let (front, back) = chunk.as_slices();
        for calls in [front, back].into_iter().filter(|calls| !calls.is_empty()) {
            sinks.iter_mut().for_each(|sink| sink.calls(calls, &anchor));
        }
        let details = front.iter().chain(back).flat_map(|call| &call.details);
        let details_bytes = details.map(|details| details.bytes()).sum();
        chunk.commit_all();
        thread.leave_room(details_bytes);
    }
    taken
}

fn hand_on(overflow: &Overflow, sinks: &mut [Box<dyn Sink>]) {
    sinks.iter_mut().for_each(|sink| sink.overflow(overflow));
}
