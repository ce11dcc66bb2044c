//! What a thread knows of its calls: those that run, and the way out for those that ended.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;

use super::around::Around;
use super::captures;
use super::context::{self, Active};
use super::record::{Caller, Details, Ids, Kept};
use super::ring::Ring;
use super::state::State;
use super::tool::Tool;
use crate::config::ParamsCapture;

/// A call that runs on this thread, or the part of one that is polled here.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) ids: Ids,
    /// Of which tool it is a call: what its own calls have as their caller.
    pub(crate) tool: Caller,
    /// The active span of OpenTelemetry's context as this call left it: a different
    /// one later is a span inside this call.
    pub(crate) seen: u64,
    /// A call below it was kept, so this one has to be.
    pub(crate) kept: Kept,
    /// It ended before the ones above it.
    pub(crate) ended: bool,
    /// What its tool captures.
    pub(crate) capture: ParamsCapture,
    pub(crate) details: DetailsOf,
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
    pub(crate) fn take(self) -> Option<Box<Details>> {
        match self {
            Self::Nobody => None,
            Self::Own(details) => Some(details),
            Self::Shared(shared) => shared.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
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

/// One thread's own.
pub(crate) struct Local {
    /// Innermost last.
    frames: Vec<Frame>,
    random: Rng,
    /// Differs between threads and processes, so that 64 random bits are not all that
    /// tells two traces apart.
    salt: u64,
    pub(crate) ring: Ring,
    /// For the call that begins next.
    around: Option<Box<Around>>,
}

/// Where a new call stands. Without ids where the thread's locals are gone.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    /// The active span of OpenTelemetry's context.
    pub(crate) seen: u64,
    pub(crate) trace_state: Option<String>,
    pub(crate) links: Vec<Active>,
}

thread_local! {
    static LOCAL: RefCell<Local> = RefCell::new(Local::new());
}

/// `None` while the thread's locals are being destroyed, or inside another `with`.
#[inline]
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
            salt: seed.hash_one(0),
            ring: Ring::new(),
            around: None,
        }
    }

    /// The ids of a call of `tool` that begins now, and its parent: whichever is
    /// innermost of the running call and OpenTelemetry's active span.
    /// `None` where telemetry is suppressed.
    #[inline]
    pub(crate) fn stand(&mut self, tool: &Tool) -> Option<Standing> {
        let around = self.around.take();
        let seen = context::active_span();
        if seen == context::SUPPRESSED {
            return None;
        }
        Some(match around {
            None => self.stand_below(tool, seen),
            Some(around) => self.stand_around(tool, seen, *around),
        })
    }

    #[inline]
    fn stand_below(&mut self, tool: &Tool, seen: u64) -> Standing {
        match self.innermost() {
            Some(frame) if seen == frame.seen || seen == 0 => {
                let (parent, caller) = (frame.ids, frame.tool);
                Standing {
                    ids: Ids {
                        span: self.id(),
                        remote_parent: false,
                        caller,
                        ..parent
                    },
                    parent: parent.span,
                    seen,
                    trace_state: None,
                    links: Vec::new(),
                }
            }
            _ if seen != 0 => self.stand_under_context(tool, seen),
            _ => self.root(tool, seen),
        }
    }

    #[cold]
    fn stand_around(&mut self, tool: &Tool, seen: u64, around: Around) -> Standing {
        let is_for_it = around.tool.is_some_and(|meant| std::ptr::eq(meant, tool));
        if !is_for_it {
            return self.stand_below(tool, seen);
        }
        let standing = match around.parent {
            Some(parent) => self.stand_under(parent, seen),
            None => self.stand_below(tool, seen),
        };
        Standing {
            links: around.links,
            ..standing
        }
    }

    #[cold]
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
            trace_state: parent.state,
            links: Vec::new(),
        }
    }

    #[inline]
    fn root(&mut self, tool: &Tool, seen: u64) -> Standing {
        let trace = [self.id().wrapping_add(self.salt) | 1, self.id()];
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
            trace_state: None,
            links: Vec::new(),
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

    /// The innermost call that has not ended.
    #[inline]
    pub(crate) fn innermost(&mut self) -> Option<&mut Frame> {
        self.frames.iter_mut().rev().find(|frame| !frame.ended)
    }

    /// Gives the position that [`Local::leave`] takes.
    #[inline]
    pub(crate) fn enter(&mut self, frame: Frame) -> usize {
        self.frames.push(frame);
        self.frames.len() - 1
    }

    /// Takes back the frame at `position`. Frames above it belong to guards that outlive
    /// the call they were made in, and keep their place until they are dropped.
    #[inline]
    pub(crate) fn leave(&mut self, position: usize) -> Option<Frame> {
        if position + 1 == self.frames.len() {
            let frame = self.frames.pop();
            while self.frames.last().is_some_and(|below| below.ended) {
                self.frames.pop();
            }
            return frame;
        }
        self.leave_early(position)
    }

    #[cold]
    fn leave_early(&mut self, position: usize) -> Option<Frame> {
        let frame = self.frames.get_mut(position)?;
        let gone = Frame {
            ids: frame.ids,
            ended: true,
            ..Frame::default()
        };
        Some(std::mem::replace(frame, gone))
    }

    pub(crate) fn frame(&mut self, position: usize) -> Option<&mut Frame> {
        self.frames.get_mut(position)
    }

    pub(crate) fn ids_at(&self, position: usize) -> Ids {
        self.frames
            .get(position)
            .map(|frame| frame.ids)
            .unwrap_or_default()
    }

    /// The call that has just been left is sent for `kept`: so is the one around it.
    #[inline]
    pub(crate) fn keep_parent(&mut self, ids: Ids, kept: Kept) {
        if let Some(parent) = self.innermost()
            && parent.ids.trace == ids.trace
        {
            parent.kept = parent.kept.max(kept);
        }
    }
}

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

/// What a call that begins on this thread needs to know; `None` where telemetry is suppressed.
#[inline]
pub(crate) fn stand(tool: &Tool) -> Option<Standing> {
    with(|local| local.stand(tool)).unwrap_or_else(|| Some(Standing::default()))
}
