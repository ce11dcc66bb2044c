//! One pass over all rings.

use std::sync::{Arc, Mutex};

use super::left_out::add_left_out;
use super::overflow::{Overflow, take_orphans};
use super::sink::Sink;
use crate::call::Record;
use crate::call::active::Activity;
use crate::call::clock::Anchor;
use crate::call::ring::{self, Reader, Rings, Thread};

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

/// One thread.
struct Lane {
    thread: Arc<Thread>,
    rings: Rings<Record>,
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
            rings: Rings::new(),
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

    /// Threads that the collector has met, and not yet seen the last of.
    pub(super) fn threads(&self) -> usize {
        self.all.len()
    }

    /// Shows each call that runs on some thread.
    pub(super) fn each_active(&self, mut show: impl FnMut(&Thread, Activity)) {
        for Lane { thread, .. } in &self.all {
            thread.active.each(|activity| show(thread, activity));
        }
    }
}

impl Lane {
    fn drain(&mut self, sinks: &mut [Box<dyn Sink>]) -> usize {
        let Self { thread, rings } = self;
        let records = rings.drain(
            &thread.new_rings,
            |ring, items| take(ring, items, thread, sinks),
            ring::retire,
        );
        if let Some(overflow) = thread.overflow.take() {
            hand_on(&overflow, sinks);
        }
        records
    }

    /// The thread is gone, and so is all it left.
    fn is_over(&mut self) -> bool {
        self.rings.is_empty()
            && Arc::get_mut(&mut self.thread).is_some_and(|thread| thread.is_empty())
    }
}

/// No more than was there at first: a busy thread must not keep the others waiting.
fn take(ring: &mut Reader<Record>, mut items: usize, thread: &Thread, sinks: &mut [Box<dyn Sink>]) {
    while items > 0 {
        let chunk = items.min(CHUNK);
        let anchor = Anchor::now();
        let mut details_bytes = 0;
        let mut used = Vec::new();
        ring.read(chunk, |calls| {
            sinks.iter_mut().for_each(|sink| sink.calls(calls, &anchor));
            for details in calls.iter_mut().flat_map(|call| call.details.take()) {
                details_bytes += details.bytes();
                let left_out = details.left_out.attributes + details.left_out.events;
                if left_out > 0 {
                    add_left_out(left_out);
                }
                used.push(details);
            }
        });
        thread.leave_room(details_bytes);
        if !used.is_empty() {
            thread.give_back(&mut used);
        }
        items -= chunk;
    }
}

fn hand_on(overflow: &Overflow, sinks: &mut [Box<dyn Sink>]) {
    sinks.iter_mut().for_each(|sink| sink.overflow(overflow));
}
