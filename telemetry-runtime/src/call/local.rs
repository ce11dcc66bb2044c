//! What a thread knows of its calls: those that run, and the way out for those that ended.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;

use super::active::Activity;
use super::around::Around;
use super::captures;
use super::clock;
use super::context::{self, Active};
use super::record::{Details, Ids, Kept, Record};
use super::ring::Ring;
use super::state::State;
use super::suspended::{Parked, Pool};
use super::tool::Tool;

/// A call that runs on this thread, or the part of one that is polled here.
#[derive(Default)]
pub(crate) struct Frame {
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    /// The active span of OpenTelemetry's context as this call left it: a different
    /// one later is a span inside this call.
    pub(crate) seen: u64,
    pub(crate) details: DetailsOf,
    /// Whose call it is; `None` where that is told elsewhere: [`Current::run`](super::Current::run).
    pub(crate) tool: Option<&'static Tool>,
    /// A call below it was kept, so this one has to be.
    pub(crate) kept: Kept,
    /// It ended before the ones above it.
    pub(super) ended: bool,
}

impl Frame {
    /// There is no more to it than its ids.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.details, DetailsOf::Nobody)
    }
}

/// A call's details: shared as soon as somebody asks for the active call.
#[derive(Debug, Default)]
pub(crate) enum DetailsOf {
    #[default]
    Nobody,
    Own(Box<Details>),
    Shared(SharedDetails),
}

/// `None` once the call has ended.
pub(crate) type SharedDetails = Arc<Mutex<Option<Box<Details>>>>;

impl DetailsOf {
    #[inline]
    pub(crate) fn take(self) -> Option<Box<Details>> {
        match self {
            Self::Nobody => None,
            Self::Own(details) => Some(details),
            Self::Shared(shared) => Self::take_shared(&shared),
        }
    }

    #[cold]
    fn take_shared(shared: &Mutex<Option<Box<Details>>>) -> Option<Box<Details>> {
        shared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Changes them in place. `change` must not run code of the user's.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Details)) {
        match self {
            Self::Nobody => {
                let mut own = Box::default();
                change(&mut own);
                *self = Self::Own(own);
            }
            Self::Own(own) => change(own),
            Self::Shared(shared) => {
                if let Some(own) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner) {
                    change(own);
                }
            }
        }
    }

    /// Something that can be handed out.
    pub(crate) fn share(&mut self) -> SharedDetails {
        let shared = match std::mem::take(self) {
            Self::Nobody => Arc::new(Mutex::new(Some(Box::default()))),
            Self::Own(details) => Arc::new(Mutex::new(Some(details))),
            Self::Shared(shared) => shared,
        };
        *self = Self::Shared(Arc::clone(&shared));
        shared
    }
}

/// A level of a thread's stack.
enum Level {
    /// Of a call that begins and ends on it.
    Own(Frame),
    /// Of an async call that is polled: it stays in its box.
    Parked(Box<Parked>),
}

impl Level {
    #[inline(always)]
    fn frame(&self) -> &Frame {
        match self {
            Self::Own(frame) => frame,
            Self::Parked(parked) => &parked.frame,
        }
    }

    #[inline(always)]
    fn frame_mut(&mut self) -> &mut Frame {
        match self {
            Self::Own(frame) => frame,
            Self::Parked(parked) => &mut parked.frame,
        }
    }
}

/// One thread's own.
pub(crate) struct Local {
    /// Innermost last, which has not ended: whoever takes one off takes those below it too
    /// that ended earlier.
    frames: Vec<Level>,
    /// Frames that ended before the ones above them.
    ended: u32,
    random: Rng,
    /// Differs between threads and processes, and moves on with each trace, so that 64 random
    /// bits are not all that tells two traces apart.
    salt: u64,
    pub(crate) ring: Ring,
    /// For the call that begins next.
    around: Option<Box<Around>>,
    /// For async calls that begin later.
    pub(super) pool: Pool,
}

/// Where a new call stands. Without ids where the thread's locals are gone.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    /// The active span of OpenTelemetry's context.
    pub(crate) seen: u64,
    /// Where there is more to say: `tracestate`, links.
    pub(crate) details: Option<Box<Details>>,
}

impl Standing {
    /// The frame of a call that stands here, with what was captured of it.
    #[inline(always)]
    pub(crate) fn frame(self, state: State, tool: &'static Tool) -> Frame {
        Frame {
            ids: self.ids,
            parent: self.parent,
            seen: match state.makes_current() {
                true => self.ids.span,
                false => self.seen,
            },
            details: self.details.map_or(DetailsOf::Nobody, DetailsOf::Own),
            tool: Some(tool),
            kept: Kept::No,
            ended: false,
        }
    }
}

thread_local! {
    static LOCAL: RefCell<Local> = RefCell::new(Local::new());
}

/// `None` while the thread's locals are being destroyed, or inside another `with`.
#[inline(always)]
pub(crate) fn with<T>(use_it: impl FnOnce(&mut Local) -> T) -> Option<T> {
    LOCAL
        .try_with(|local| {
            local
                .try_borrow_mut()
                .ok()
                .map(|mut local| use_it(&mut local))
        })
        .ok()
        .flatten()
}

impl Local {
    fn new() -> Self {
        // A thread's locals are destroyed in the opposite order of their first use, and
        // OpenTelemetry's context panics when it is asked after its end. Used here first,
        // it is there for as long as this is.
        let _ = context::active_span();
        let seed = RandomState::new();
        Self {
            frames: Vec::with_capacity(8),
            random: Rng::with_seed(seed.build_hasher().finish()),
            ended: 0,
            salt: seed.hash_one(0),
            ring: Ring::new(),
            around: None,
            pool: Pool::default(),
        }
    }

    /// The ids of a call of `tool` that begins now, and its parent: whichever is
    /// innermost of the running call and OpenTelemetry's active span.
    /// `None` where telemetry is suppressed.
    #[inline(always)]
    pub(crate) fn stand(&mut self, tool: &Tool) -> Option<Standing> {
        let seen = context::active_span();
        if self.around.is_some() || seen == context::SUPPRESSED {
            return self.stand_apart(tool, seen);
        }
        Some(self.stand_below(tool, seen))
    }

    #[inline(always)]
    fn stand_below(&mut self, tool: &Tool, seen: u64) -> Standing {
        let (ids, caller) = match self.frames.last().map(Level::frame) {
            Some(frame) if seen == frame.seen || seen == 0 => (frame.ids, frame.tool),
            _ if seen != 0 => return self.stand_under_context(tool, seen),
            _ => (Ids::default(), None),
        };
        if !ids.is_known() {
            return self.root(tool, seen);
        }
        Standing {
            ids: Ids {
                span: self.id(),
                remote_parent: false,
                caller: caller.and_then(Tool::as_caller),
                ..ids
            },
            parent: ids.span,
            seen,
            details: None,
        }
    }

    #[cold]
    #[inline(never)]
    fn stand_apart(&mut self, tool: &Tool, seen: u64) -> Option<Standing> {
        let around = self.around.take();
        if seen == context::SUPPRESSED {
            return None;
        }
        Some(match around {
            None => self.stand_below(tool, seen),
            Some(around) => self.stand_around(tool, seen, *around),
        })
    }

    #[cold]
    fn stand_around(&mut self, tool: &Tool, seen: u64, around: Around) -> Standing {
        let is_for_it = around.tool.is_some_and(|meant| std::ptr::eq(meant, tool));
        if !is_for_it {
            return self.stand_below(tool, seen);
        }
        let mut standing = match around.parent {
            Some(parent) => self.stand_under(parent, seen),
            None => self.stand_below(tool, seen),
        };
        if !around.links.is_empty() {
            standing.details.get_or_insert_default().links = around.links;
        }
        standing
    }

    #[cold]
    #[inline(never)]
    fn stand_under_context(&mut self, tool: &Tool, seen: u64) -> Standing {
        match context::active() {
            Some(parent) => self.stand_under(parent, seen),
            None => self.root(tool, seen),
        }
    }

    fn stand_under(&mut self, parent: Active, seen: u64) -> Standing {
        if State::now().captures()
            && let Some(inside) = self.innermost()
        {
            captures::adopt(parent.trace, inside.ids.trace);
        }
        let details = parent.state.map(|state| {
            Box::new(Details {
                trace_state: Some(state),
                ..Details::default()
            })
        });
        Standing {
            ids: Ids {
                trace: parent.trace,
                span: self.id(),
                sampled: parent.sampled,
                remote_parent: parent.remote,
                caller: None,
            },
            parent: parent.span,
            seen,
            details,
        }
    }

    #[inline(always)]
    fn root(&mut self, tool: &Tool, seen: u64) -> Standing {
        // Weyl's sequence of the golden ratio: it comes round after 2⁶⁴ traces.
        self.salt = self.salt.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let trace = [self.salt | 1, self.id()];
        let ids = Ids {
            trace,
            span: self.id(),
            sampled: tool.samples(trace[1]),
            remote_parent: false,
            caller: None,
        };
        Standing {
            ids,
            parent: 0,
            seen,
            details: None,
        }
    }

    /// A trace that is sampled whatever the configuration says.
    pub(super) fn captured_root(&mut self) -> Ids {
        Ids {
            trace: [self.id().wrapping_add(self.salt) | 1, self.id()],
            span: self.id(),
            sampled: true,
            remote_parent: false,
            caller: None,
        }
    }

    /// Never 0, which means none.
    #[inline]
    fn id(&mut self) -> u64 {
        self.random.u64(..).max(1)
    }

    /// The innermost call.
    #[inline]
    pub(crate) fn innermost(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut().map(Level::frame_mut)
    }

    /// Puts the frame of a call on the stack, which [starts](Self::start) later. Gives the
    /// position that [`Local::leave`] takes.
    #[inline(always)]
    pub(crate) fn enter(&mut self, frame: Frame) -> Position {
        self.put(Level::Own(frame))
    }

    #[inline(always)]
    fn put(&mut self, level: Level) -> Position {
        let position = self.frames.len();
        self.frames.push(level);
        Position(position as u32)
    }

    /// The call at `position`, the innermost, starts: it is shown from now on. Gives the time.
    #[inline(always)]
    pub(crate) fn start(&mut self, position: Position, tool: &Tool) -> u64 {
        let start = clock::now();
        let activity = Activity::new(tool.id, start);
        self.ring
            .active()
            .enter(position.0 as usize, Some(activity));
        start
    }

    /// Puts the frame of a call on the stack that is shown elsewhere.
    #[inline(always)]
    pub(crate) fn poll(&mut self, frame: Frame) -> Position {
        let position = self.enter(frame);
        self.ring.active().enter(position.0 as usize, None);
        position
    }

    /// Puts an async call on the stack, which is shown elsewhere.
    #[inline(always)]
    pub(super) fn poll_parked(&mut self, parked: Box<Parked>) -> Position {
        let position = self.put(Level::Parked(parked));
        self.ring.active().enter(position.0 as usize, None);
        position
    }

    /// Takes back the frame at `position`. Frames above it belong to guards that outlive
    /// the call they were made in, and keep their place until they are dropped.
    #[inline]
    pub(crate) fn leave(&mut self, position: Position) -> Option<Frame> {
        match self.take(position)? {
            Level::Own(frame) => Some(frame),
            Level::Parked(mut parked) => Some(std::mem::take(&mut parked.frame)),
        }
    }

    /// The same for an async call that was polled.
    #[inline]
    pub(super) fn leave_parked(&mut self, position: Position) -> Option<Box<Parked>> {
        match self.take(position)? {
            Level::Parked(parked) => Some(parked),
            Level::Own(_) => None,
        }
    }

    #[inline(always)]
    fn take(&mut self, position: Position) -> Option<Level> {
        if self.is_innermost(position) {
            self.ring.active().leave(position.0 as usize);
            return self.frames.pop();
        }
        self.leave_out_of_order(position.0 as usize)
    }

    /// Whether nothing is above it or has to go with it.
    #[inline(always)]
    fn is_innermost(&self, position: Position) -> bool {
        position.0 as usize + 1 == self.frames.len() && self.ended == 0
    }

    /// [Leaves](Self::leave) the call at `position` where that is plain: the innermost and
    /// without details. Its record is what `record` makes of its frame.
    #[inline(always)]
    pub(crate) fn end_plain(
        &mut self,
        position: Position,
        record: impl FnOnce(&Frame) -> Record,
    ) -> bool {
        if !self.is_innermost(position) {
            return false;
        }
        let Some(Level::Own(frame)) = self.frames.last() else {
            return false;
        };
        if !frame.is_plain() {
            return false;
        }
        self.ring.push_plain(|| record(frame));
        self.ring.active().leave(position.0 as usize);
        // Nothing in it is to be dropped.
        std::mem::forget(self.frames.pop());
        true
    }

    /// Leaves the record of an async call that has been taken off, and has no details. Gives why it was kept.
    #[inline(always)]
    pub(super) fn end_parked(
        &mut self,
        frame: &Frame,
        record: impl FnOnce(&Frame) -> Record,
    ) -> Kept {
        let mut kept = Kept::No;
        self.ring.push_plain(|| {
            let record = record(frame);
            kept = record.kept;
            record
        });
        kept
    }

    #[cold]
    fn leave_out_of_order(&mut self, level: usize) -> Option<Level> {
        let left = self.frames.get_mut(level)?;
        let gone = Frame {
            ids: left.frame().ids,
            ended: true,
            ..Frame::default()
        };
        let left = std::mem::replace(left, Level::Own(gone));
        self.ended += 1;
        self.ring.active().clear(level);
        while self.frames.last().is_some_and(|last| last.frame().ended) {
            self.frames.pop();
            self.ended -= 1;
        }
        self.ring.active().leave(self.frames.len());
        Some(left)
    }

    pub(crate) fn frame(&mut self, position: Position) -> Option<&mut Frame> {
        let level = self.frames.get_mut(position.0 as usize);
        level.map(Level::frame_mut)
    }

    /// The call that has just been left is sent for `kept`: so is the one around it.
    #[cold]
    pub(crate) fn keep_parent(&mut self, trace: [u64; 2], kept: Kept) {
        if let Some(parent) = self.innermost()
            && parent.ids.trace == trace
        {
            parent.kept = parent.kept.max(kept);
        }
    }

    /// Something that differs between threads.
    pub(super) fn near(&self) -> u64 {
        self.salt >> 32
    }
}

/// A frame's place on its thread's stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position(u32);

/// Whether this thread's locals are there, and with them OpenTelemetry's, which are
/// destroyed after them: see [`Local::new`].
#[inline]
pub(crate) fn are_alive() -> bool {
    LOCAL.try_with(|_| ()).is_ok()
}

/// Says what is around the call that begins next on this thread. Gives what was said before.
pub(super) fn put_around(around: Option<Box<Around>>) -> Option<Box<Around>> {
    with(|local| std::mem::replace(&mut local.around, around)).flatten()
}

/// Whether a call that begins soon, below what runs now, may be sampled.
pub(crate) fn may_sample(tool: &Tool) -> bool {
    stand(tool).is_some_and(|standing| match standing.parent {
        0 => tool.samples(0),
        _ => standing.ids.sampled,
    })
}

/// The innermost call's tool and ids; where a span of OpenTelemetry's is active inside of it,
/// that one's. `None` where telemetry is suppressed.
pub(crate) fn surroundings() -> Option<Surroundings> {
    if !are_alive() {
        return Some(Surroundings::default());
    }
    let seen = context::active_span();
    if seen == context::SUPPRESSED {
        return None;
    }
    let innermost = with(|local| {
        let frame = local.innermost()?;
        let is_inside = seen == frame.seen || seen == 0 || seen == frame.ids.span;
        Some((frame.tool, is_inside.then_some(frame.ids)))
    });
    let (tool, ids) = innermost.flatten().unwrap_or_default();
    let ids = match ids {
        Some(ids) => ids,
        None if seen != 0 => context::active().map_or_else(Ids::default, |active| Ids {
            trace: active.trace,
            span: active.span,
            sampled: active.sampled,
            ..Ids::default()
        }),
        None => Ids::default(),
    };
    Some(Surroundings { tool, ids })
}

/// Where code stands that runs now. Without ids outside of any span.
#[derive(Clone, Copy, Default)]
pub(crate) struct Surroundings {
    pub(crate) tool: Option<&'static Tool>,
    pub(crate) ids: Ids,
}

/// What a call that begins on this thread needs to know; `None` where telemetry is suppressed.
pub(crate) fn stand(tool: &Tool) -> Option<Standing> {
    with(|local| local.stand(tool)).unwrap_or_else(|| Some(Standing::default()))
}
