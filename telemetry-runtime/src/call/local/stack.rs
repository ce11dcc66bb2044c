//! A thread's stack of calls.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::num::NonZeroU32;
use std::sync::Arc;

use super::{Local, with};
use crate::call::active::{Activity, Shown};
use crate::call::context;
use crate::call::frame::Frame;
use crate::call::suspended::Parked;

/// A level of a thread's stack. Those that are free keep their places: a call that begins writes what
/// it has to say straight to where it is found, and only that. So a free one has no details, no box,
/// nothing attached, and has not ended.
#[derive(Default)]
pub(in crate::call) struct Level {
    /// Of a call that begins and ends on it.
    pub(super) frame: Frame,
    /// Of an async call that is polled: its frame stays in its box.
    pub(super) parked: Option<Box<Parked>>,
    /// Its context, which is current until this is dropped.
    pub(super) attached: context::Attached,
}

impl Level {
    pub(in crate::call) fn of(frame: Frame) -> Self {
        Self {
            frame,
            ..Self::default()
        }
    }

    pub(in crate::call) fn of_parked(parked: Box<Parked>) -> Self {
        Self {
            parked: Some(parked),
            ..Self::default()
        }
    }

    #[inline(always)]
    pub(super) fn frame(&self) -> &Frame {
        match &self.parked {
            None => &self.frame,
            Some(parked) => &parked.frame,
        }
    }

    #[inline(always)]
    fn frame_mut(&mut self) -> &mut Frame {
        match &mut self.parked {
            None => &mut self.frame,
            Some(parked) => &mut parked.frame,
        }
    }

    fn is_free(&self) -> bool {
        self.frame().origin.is_none() && self.parked.is_none()
    }
}

/// A frame's place on its thread's stack, counted from 1, or [beside](APART) it: a word, which is all
/// that a call is where it is made. Not for other threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    place: NonZeroU32,
    stays: PhantomData<*const ()>,
}

/// In a position: on no stack, for the thread's was gone when its call began.
const APART: u32 = 1 << 31;

impl Position {
    /// Always some.
    #[inline(always)]
    pub(super) fn at(level: usize) -> Option<Self> {
        Self::of(level as u32 + 1)
    }

    #[inline(always)]
    fn of(place: u32) -> Option<Self> {
        NonZeroU32::new(place).map(|place| Self {
            place,
            stays: PhantomData,
        })
    }

    #[inline(always)]
    pub(super) fn level(self) -> usize {
        (self.place.get() - 1) as usize
    }
}

impl Local {
    /// The innermost call.
    #[inline]
    pub(crate) fn innermost(&mut self) -> Option<&mut Frame> {
        self.levels[..self.depth].last_mut().map(Level::frame_mut)
    }

    /// Sees to it that there is a level to be used next.
    #[inline(always)]
    pub(super) fn make_room(&mut self) {
        if self.depth == self.levels.len() {
            self.add_level();
        }
    }

    #[cold]
    #[inline(never)]
    fn add_level(&mut self) {
        self.levels.push(Level::default());
    }

    /// Puts the frame of a call on the stack that is shown elsewhere.
    pub(crate) fn poll(&mut self, frame: Frame, attached: context::Attached) -> Option<Position> {
        self.make_room();
        let level = &mut self.levels[self.depth];
        level.frame = frame;
        level.attached = attached;
        self.show_poll()
    }

    /// Puts an async call on the stack, which is shown elsewhere.
    #[inline(always)]
    pub(super) fn poll_parked(
        &mut self,
        parked: Box<Parked>,
        attached: context::Attached,
    ) -> Option<Position> {
        self.make_room();
        let level = &mut self.levels[self.depth];
        // A free level has nothing that would have to be dropped.
        mem::forget(level.parked.replace(parked));
        level.attached = attached;
        self.show_poll()
    }

    #[inline(always)]
    fn show_poll(&mut self) -> Option<Position> {
        let depth = self.depth;
        self.ring.active().enter(depth, None);
        self.depth = depth + 1;
        Position::at(depth)
    }

    /// Whether nothing is above it or has to go with it.
    #[inline(always)]
    pub(super) fn is_innermost(&self, position: Position) -> bool {
        position.place.get() as usize == self.depth && self.ended == 0
    }

    /// Takes off the call at `position`. Those above it belong to guards that outlive
    /// the call they were made in, and keep their place until they are dropped.
    fn take(&mut self, position: Position) -> Option<Level> {
        let level = position.level();
        if !self.is_innermost(position) {
            return self.take_out_of_order(level);
        }
        self.depth = level;
        self.ring.active().leave_innermost(level);
        self.levels.get_mut(level).map(mem::take)
    }

    /// The same for an async call that was polled.
    #[inline(always)]
    pub(in crate::call) fn take_parked(
        &mut self,
        position: Position,
    ) -> Option<(Box<Parked>, context::Attached)> {
        let level = position.level();
        if !self.is_innermost(position) {
            let Level {
                parked, attached, ..
            } = self.take_out_of_order(level)?;
            return Some((parked?, attached));
        }
        self.depth = level;
        self.ring.active().leave_innermost(level);
        let level = self.levels.get_mut(level)?;
        Some((level.parked.take()?, mem::take(&mut level.attached)))
    }

    #[cold]
    #[inline(never)]
    fn take_out_of_order(&mut self, level: usize) -> Option<Level> {
        let left = self.levels[..self.depth].get_mut(level)?;
        let gone = Level::of(Frame {
            ids: left.frame().ids,
            ended: true,
            ..Frame::default()
        });
        let left = mem::replace(left, gone);
        self.ended += 1;
        self.ring.active().clear(level);
        while let Some(last) = self.levels[..self.depth].last_mut()
            && last.frame().ended
        {
            last.frame = Frame::default();
            self.depth -= 1;
            self.ended -= 1;
        }
        self.ring.active().leave(self.depth);
        Some(left)
    }

    pub(crate) fn frame(&mut self, position: Position) -> Option<&mut Frame> {
        let level = self.levels[..self.depth].get_mut(position.level());
        level.map(Level::frame_mut)
    }
}

/// What there is of calls where a thread's locals are gone.
struct Left {
    /// Those that began before: guards may be in others of the thread's locals.
    levels: Vec<Level>,
    /// Those that began since.
    apart: Vec<Level>,
    /// Where each of those is shown as running, which the thread shows no more; an async one shows itself.
    shown: Vec<Option<Arc<Shown>>>,
}

thread_local! {
    /// Without a destructor, so that it is there when those of others run; empty when all calls have
    /// ended.
    static LEFT: RefCell<ManuallyDrop<Left>> = const {
        RefCell::new(ManuallyDrop::new(Left {
            levels: Vec::new(),
            apart: Vec::new(),
            shown: Vec::new(),
        }))
    };
}

impl Drop for Local {
    fn drop(&mut self) {
        self.levels.truncate(self.depth);
        if !self.levels.is_empty() {
            LEFT.with(|left| left.borrow_mut().levels = mem::take(&mut self.levels));
        }
    }
}

/// A place for a call on a thread whose locals are gone.
#[cold]
pub(in crate::call) fn put_apart(call: Level) -> Option<Position> {
    LEFT.with(|left| {
        let left = &mut **left.try_borrow_mut().ok()?;
        let frame = call.parked.is_none().then_some(&call.frame);
        left.shown.push(frame.and_then(show));
        left.apart.push(call);
        Position::of(left.apart.len() as u32 | APART)
    })
}

fn show(frame: &Frame) -> Option<Arc<Shown>> {
    let activity = Activity::new(frame.origin?.tool.id, frame.start);
    let shown = Shown::new(frame.start);
    shown.show(activity);
    Some(shown)
}

/// Takes a call off its thread, wherever it is there. It is not current any more.
pub(in crate::call) fn leave(position: Position) -> Option<Frame> {
    let level = match with(|local| local.take(position)).flatten() {
        Some(level) => level,
        None => take_left(position)?,
    };
    // Outside of `with`: a user's code may be dropped with a context.
    context::detach(level.attached);
    match level.parked {
        None => Some(level.frame),
        Some(mut parked) => Some(mem::take(&mut parked.frame)),
    }
}

/// The same for an async call that was polled.
#[cold]
pub(in crate::call) fn leave_parked(position: Position) -> Option<Box<Parked>> {
    let level = take_left(position)?;
    context::detach(level.attached);
    level.parked
}

#[cold]
fn take_left(position: Position) -> Option<Level> {
    LEFT.with(|left| {
        let left = &mut **left.try_borrow_mut().ok()?;
        let (levels, level) = match position.place.get() & APART {
            0 => (&mut left.levels, position.level()),
            _ => {
                let level = position.level() & !(APART as usize);
                if let Some(shown) = left.shown.get_mut(level).and_then(Option::take) {
                    shown.hide();
                }
                (&mut left.apart, level)
            }
        };
        let level = mem::take(levels.get_mut(level)?);
        if levels.iter().all(Level::is_free) {
            *levels = Vec::new();
        }
        if left.apart.is_empty() {
            left.shown = Vec::new();
        }
        Some(level)
    })
}
