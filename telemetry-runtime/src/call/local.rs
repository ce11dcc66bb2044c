//! What a thread knows of its calls: those that run, and the way out for those that ended.

mod stack;
mod stand;

use std::cell::RefCell;
use std::mem;

use self::stack::Level;
use self::stand::IdSource;
use super::active::Activity;
use super::around::Around;
use super::attributes::Attributes;
use super::clock;
use super::context;
use super::frame::Frame;
use super::record::{Ids, Kept, Outcome, Piece};
use super::ring::Ring;
use super::state::State;
use super::suspended::{Parked, Pool};
use super::tool::{Origin, Tool};

pub(super) use self::stack::{Level as Apart, Position, leave, leave_parked, put_apart};
pub(super) use self::stand::Standing;

/// One thread's own.
pub(crate) struct Local {
    /// Those below `depth` are in use. The innermost of them has not ended: whoever takes one off
    /// takes those below it too that ended earlier.
    levels: Vec<Level>,
    depth: usize,
    /// Levels whose calls ended before the ones above them.
    ended: u32,
    source: IdSource,
    pub(crate) ring: Ring,
    /// For the call that begins next.
    around: Option<Box<Around>>,
    /// For async calls that begin later.
    pub(super) pool: Pool,
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
        Self {
            levels: Vec::with_capacity(8),
            depth: 0,
            ended: 0,
            source: IdSource::new(),
            ring: Ring::new(),
            around: None,
            pool: Pool::default(),
        }
    }

    /// Begins a call that ends on this thread, and makes it current for OpenTelemetry where that is
    /// wanted. `None` where telemetry is suppressed.
    #[inline(always)]
    pub(super) fn begin(&mut self, state: State, origin: &'static Origin) -> Option<Position> {
        let seen = context::active_span();
        if !self.is_usual(seen) {
            return self.begin_apart(state, origin, seen);
        }
        self.make_room();
        let (used, free) = self.levels.split_at_mut(self.depth);
        let level = free.first_mut()?;
        let innermost = used.last().map(Level::frame);
        let frame = &mut level.frame;
        frame.parent = self.source.stand(&mut frame.ids, innermost, origin.tool);
        frame.begin(state, origin, seen);
        self.start(state, origin)
    }

    /// The same for a call whose parameters are looked at before it starts: `None` where it does not
    /// stand as most do.
    #[inline(always)]
    pub(super) fn begin_with_params(
        &mut self,
        state: State,
        origin: &'static Origin,
    ) -> Option<Begun> {
        let seen = context::active_span();
        if !self.is_usual(seen) {
            return None;
        }
        self.make_room();
        let (used, free) = self.levels.split_at_mut(self.depth);
        let frame = &mut free.first_mut()?.frame;
        let innermost = used.last().map(Level::frame);
        frame.parent = self.source.stand(&mut frame.ids, innermost, origin.tool);
        frame.begin(state, origin, seen);
        if !frame.ids.sampled {
            return Some(Begun::Whole(self.start(state, origin)));
        }
        Some(Begun::ButForParams {
            span: frame.ids.span,
            captured: mem::take(&mut frame.captured),
        })
    }

    /// Starts the call `span` that was begun, whose parameters have been looked at.
    #[inline(always)]
    pub(super) fn start_with_params(
        &mut self,
        state: State,
        origin: &'static Origin,
        span: u64,
        captured: Attributes,
    ) -> Option<Position> {
        match self.levels.get_mut(self.depth) {
            Some(level) if level.frame.ids.span == span => {
                level.frame.captured = captured;
                self.start(state, origin)
            }
            _ => self.begin_anew(state, origin, captured),
        }
    }

    /// To look at its parameters took calls, which have used its place.
    #[cold]
    #[inline(never)]
    fn begin_anew(
        &mut self,
        state: State,
        origin: &'static Origin,
        captured: Attributes,
    ) -> Option<Position> {
        let position = self.begin(state, origin)?;
        if let Some(frame) = self.frame(position)
            && frame.ids.sampled
        {
            frame.captured = captured;
        }
        Some(position)
    }

    #[cold]
    #[inline(never)]
    fn begin_apart(
        &mut self,
        state: State,
        origin: &'static Origin,
        seen: u64,
    ) -> Option<Position> {
        let standing = self.stand_apart(origin.tool, seen)?;
        self.begin_at(state, origin, standing)
    }

    /// The same for a call of which it is known where it stands.
    #[inline(never)]
    pub(super) fn begin_at(
        &mut self,
        state: State,
        origin: &'static Origin,
        standing: Standing,
    ) -> Option<Position> {
        self.make_room();
        self.levels[self.depth].frame = standing.frame(state, origin);
        self.start(state, origin)
    }

    /// Starts the call whose frame is in the next level. Its context is made before that.
    #[inline(always)]
    fn start(&mut self, state: State, origin: &'static Origin) -> Option<Position> {
        let depth = self.depth;
        let level = self.levels.get_mut(depth)?;
        if state.makes_current() {
            level.frame.seen = level.frame.ids.span;
            level.attached = context::make_current(&level.frame.ids);
        }
        let start = clock::now();
        level.frame.start = start;
        let activity = Activity::new(origin.tool.id, start);
        self.ring.active().enter(depth, Some(activity));
        self.depth = depth + 1;
        Position::at(depth)
    }

    /// Begins an async call, which is polled at once: the same as [`begin`](Self::begin).
    #[inline(always)]
    pub(super) fn begin_parked(
        &mut self,
        state: State,
        origin: &'static Origin,
    ) -> Option<Position> {
        let seen = context::active_span();
        if !self.is_usual(seen) {
            return self.begin_parked_apart(state, origin, seen);
        }
        let mut parked = self.parked();
        let innermost = self.levels[..self.depth].last().map(Level::frame);
        let frame = &mut parked.frame;
        frame.parent = self.source.stand(&mut frame.ids, innermost, origin.tool);
        frame.begin(state, origin, seen);
        self.start_parked(parked, state, origin)
    }

    #[cold]
    #[inline(never)]
    fn begin_parked_apart(
        &mut self,
        state: State,
        origin: &'static Origin,
        seen: u64,
    ) -> Option<Position> {
        let standing = self.stand_apart(origin.tool, seen)?;
        self.begin_parked_at(state, origin, standing)
    }

    /// The same for a call of which it is known where it stands.
    #[inline(never)]
    pub(super) fn begin_parked_at(
        &mut self,
        state: State,
        origin: &'static Origin,
        standing: Standing,
    ) -> Option<Position> {
        let mut parked = self.parked();
        parked.frame = standing.frame(state, origin);
        self.start_parked(parked, state, origin)
    }

    /// A box for an async call: one that another has left, or a new one.
    #[inline(always)]
    pub(super) fn parked(&mut self) -> Box<Parked> {
        match self.pool.take() {
            Some(parked) => parked,
            None => Parked::new(self.source.near()),
        }
    }

    #[inline(always)]
    fn start_parked(
        &mut self,
        mut parked: Box<Parked>,
        state: State,
        origin: &'static Origin,
    ) -> Option<Position> {
        let attached = match state.makes_current() {
            true => parked.make_current(),
            false => context::Attached::default(),
        };
        parked.start(origin.tool, clock::now());
        self.poll_parked(parked, attached)
    }

    /// An async call goes on, on this thread.
    #[inline(always)]
    pub(super) fn poll_again(&mut self, mut parked: Box<Parked>) -> Option<Position> {
        let attached = parked.attach();
        self.poll_parked(parked, attached)
    }

    /// Ends the call at `position` where that is plain: the innermost, without details, and there is
    /// room for its record. Gives what is to be detached.
    #[inline(always)]
    pub(super) fn end_plain(
        &mut self,
        position: Position,
        end: u64,
        outcome: Outcome,
    ) -> Option<context::Attached> {
        if !self.is_innermost(position) {
            return None;
        }
        let depth = position.level();
        let level = self.levels.get_mut(depth)?;
        let frame = &level.frame;
        let origin = frame.origin?;
        if level.parked.is_some()
            || !frame.is_plain()
            || frame.state.captures()
            || !self.ring.has_room()
        {
            return None;
        }
        let mut captured = Piece::default();
        if !frame.captured.is_empty() {
            captured = self.ring.write(&frame.captured)?;
            level.frame.captured.clear();
        }
        let frame = &level.frame;
        let kept = frame.keeps(origin, end, outcome);
        let record = frame.record_plain(origin, end, outcome, kept, captured);
        self.ring.push_plain(record);
        self.depth = depth;
        self.ring.active().leave_innermost(depth);
        let attached = mem::take(&mut level.attached);
        if kept != Kept::No {
            let trace = frame.ids.trace;
            self.keep_parent(trace, kept);
        }
        Some(attached)
    }

    /// Leaves the record of an async call that has been taken off, where that is plain and there is
    /// room.
    #[inline(always)]
    pub(super) fn end_parked(&mut self, frame: &mut Frame, end: u64, outcome: Outcome) -> bool {
        let Some(origin) = frame.origin else {
            return false;
        };
        if !frame.is_plain() || frame.state.captures() || !self.ring.has_room() {
            return false;
        }
        let mut captured = Piece::default();
        if !frame.captured.is_empty() {
            let Some(written) = self.ring.write(&frame.captured) else {
                return false;
            };
            captured = written;
            frame.captured.clear();
        }
        let kept = frame.keeps(origin, end, outcome);
        let record = frame.record_plain(origin, end, outcome, kept, captured);
        self.ring.push_plain(record);
        if kept != Kept::No {
            self.keep_parent(frame.ids.trace, kept);
        }
        true
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

    /// A trace that is sampled whatever the configuration says.
    pub(super) fn captured_root(&mut self) -> Ids {
        self.source.captured_root()
    }
}

/// A call with parameters, at first.
pub(super) enum Begun {
    /// It will not be sent, and needs none.
    Whole(Option<Position>),
    /// It starts when they have been looked at. `captured` is for them, and empty.
    ButForParams { span: u64, captured: Attributes },
}

/// Whether this thread's locals are there, and with them OpenTelemetry's, which are
/// destroyed after them: see [`Local::new`].
#[inline]
pub(crate) fn are_alive() -> bool {
    LOCAL.try_with(|_| ()).is_ok()
}

/// Says what is around the call that begins next on this thread. Gives what was said before.
pub(super) fn put_around(around: Option<Box<Around>>) -> Option<Box<Around>> {
    with(|local| mem::replace(&mut local.around, around)).flatten()
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
        Some((frame.tool(), is_inside.then_some(frame.ids)))
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
