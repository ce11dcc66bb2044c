//! One pass over all rings.

use std::sync::{Arc, Mutex};

use super::left_out::add_left_out;
use super::overflow::{Overflow, take_orphans};
use super::sink::{Captured, Sink};
use crate::call::Record;
use crate::call::active::Activity;
use crate::call::clock::Anchor;
use crate::call::record::Piece;
use crate::call::ring::{self, Reader, Rings, Thread};

/// Records handed on between two looks at the clock: 20 KiB, so that each sink finds them where the one
/// before has left them, nearby.
const CHUNK: usize = 256;

/// All threads' rings. They outlive a collector, as the threads do.
pub(super) static LANES: Mutex<Lanes> = Mutex::new(Lanes {
    all: Vec::new(),
    owner: Owner(0),
    bytes: Vec::new(),
});

pub(super) struct Lanes {
    all: Vec<Lane>,
    owner: Owner,
    /// What the calls were given that are looked at.
    bytes: Vec<u8>,
}

/// The collector that may take records. One before it that was given up while it was busy
/// comes back too late.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// What a pass has found.
#[derive(Clone, Copy, Default)]
pub(super) struct Drained {
    /// Some records.
    pub(super) any: bool,
    /// So many on some thread that the next ones may soon find no room.
    pub(super) filling: bool,
}

/// One thread.
struct Lane {
    thread: Arc<Thread>,
    rings: Rings<Record>,
    beside: Beside,
}

/// What its calls were given.
struct Beside {
    rings: Rings<u8>,
    /// How many bytes have been read, of which the lowest 32 bits.
    read: u32,
}

impl Lanes {
    /// Makes way for a new collector: everything that is there is handed to nobody.
    pub(super) fn take_over(&mut self) -> Owner {
        self.owner.0 += 1;
        self.drain(self.owner, &mut []);
        self.owner
    }

    /// Takes everything that is there.
    pub(super) fn drain(&mut self, owner: Owner, sinks: &mut [Box<dyn Sink>]) -> Drained {
        let mut drained = Drained::default();
        if owner != self.owner {
            return drained;
        }
        let new = ring::new_threads().into_iter();
        self.all.extend(new.map(|thread| Lane {
            thread,
            rings: Rings::new(),
            beside: Beside::new(),
        }));
        for lane in &mut self.all {
            drained = drained.and(lane.drain(&mut self.bytes, sinks));
        }
        if let Some(orphans) = take_orphans() {
            hand_on(&orphans, sinks);
        }
        self.all.retain_mut(|lane| !lane.is_over());
        drained
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

impl Drained {
    fn and(self, other: Self) -> Self {
        Self {
            any: self.any || other.any,
            filling: self.filling || other.filling,
        }
    }
}

impl Lane {
    fn drain(&mut self, bytes: &mut Vec<u8>, sinks: &mut [Box<dyn Sink>]) -> Drained {
        let Self {
            thread,
            rings,
            beside,
        } = self;
        let mut bytes_beside = 0;
        let records = rings.drain(
            &thread.new_rings,
            |ring, items| {
                bytes_beside += take(ring, items, (&mut *beside, &mut *bytes), thread, sinks);
            },
            ring::retire,
        );
        if let Some(overflow) = thread.overflow.take() {
            hand_on(&overflow, sinks);
        }
        Drained {
            any: records > 0,
            filling: records > 0 && thread.is_filling(records, bytes_beside),
        }
    }

    /// The thread is gone, and so is all it left.
    fn is_over(&mut self) -> bool {
        let is_over = self.rings.is_empty()
            && Arc::get_mut(&mut self.thread).is_some_and(|thread| thread.is_empty());
        if is_over {
            let rings = &mut self.beside.rings;
            rings.end(&self.thread.new_beside, ring::retire);
        }
        is_over
    }
}

impl Beside {
    fn new() -> Self {
        Self {
            rings: Rings::new(),
            read: 0,
        }
    }

    /// What the next calls were given, in one piece, which `bytes` becomes.
    fn read<'a>(
        &mut self,
        calls: &[Record],
        thread: &Thread,
        bytes: &'a mut Vec<u8>,
    ) -> Captured<'a> {
        bytes.clear();
        let at = self.read;
        let last = calls.iter().rev().find(|call| call.captured.length > 0);
        if let Some(Piece { length, at: last }) = last.map(|call| call.captured) {
            let end = last.wrapping_add(length.into());
            let items = end.wrapping_sub(at) as usize;
            let copy = |part: &mut [u8]| bytes.extend_from_slice(part);
            let rings = &mut self.rings;
            rings.read(&thread.new_beside, items, copy, ring::retire);
            self.read = end;
        }
        Captured::new(bytes, at)
    }
}

/// No more than was there at first: a busy thread must not keep the others waiting. Gives the bytes of
/// what hung off them.
fn take(
    ring: &mut Reader<Record>,
    mut items: usize,
    (beside, bytes): (&mut Beside, &mut Vec<u8>),
    thread: &Thread,
    sinks: &mut [Box<dyn Sink>],
) -> usize {
    let mut bytes_beside = 0;
    while items > 0 {
        let chunk = items.min(CHUNK);
        let anchor = Anchor::now();
        let mut details_bytes = 0;
        ring.read(chunk, |calls| {
            let captured = beside.read(calls, thread, bytes);
            sinks
                .iter_mut()
                .for_each(|sink| sink.calls(calls, captured, &anchor));
            for details in calls.iter().flat_map(|call| &call.details) {
                details_bytes += details.bytes();
                let left_out = details.left_out.attributes + details.left_out.events;
                if left_out > 0 {
                    add_left_out(left_out);
                }
            }
        });
        thread.leave_room(details_bytes);
        bytes_beside += details_bytes + bytes.len();
        items -= chunk;
    }
    bytes_beside
}

fn hand_on(overflow: &Overflow, sinks: &mut [Box<dyn Sink>]) {
    sinks.iter_mut().for_each(|sink| sink.overflow(overflow));
}
