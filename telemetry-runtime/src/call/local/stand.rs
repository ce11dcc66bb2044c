//! Where a call stands that begins: its ids, and its parent.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fastrand::Rng;

use super::Local;
use super::stack::Level;
use crate::call::around::Around;
use crate::call::attributes::Attributes;
use crate::call::captures;
use crate::call::clock;
use crate::call::context::{self, Active};
use crate::call::frame::{DetailsOf, Frame};
use crate::call::record::{Details, Ids};
use crate::call::state::State;
use crate::call::tool::{Origin, Tool};

/// Where a new call stands. Without ids where the thread's locals are gone.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    /// The active span of OpenTelemetry's context.
    pub(crate) seen: u64,
    /// What it was given.
    pub(crate) captured: Attributes,
    /// Where there is more to say: `tracestate`, links.
    pub(crate) details: Option<Box<Details>>,
}

impl Standing {
    /// The frame of a call that stands here.
    pub(super) fn frame(self, state: State, origin: &'static Origin) -> Frame {
        Frame {
            ids: self.ids,
            parent: self.parent,
            seen: self.seen,
            captured: self.captured,
            details: self.details.map_or(DetailsOf::Nobody, DetailsOf::Own),
            origin: Some(origin),
            state,
            ..Frame::default()
        }
    }
}

impl Local {
    /// The ids of a call of `tool` that begins now, and its parent: whichever is
    /// innermost of the running call and OpenTelemetry's active span.
    /// `None` where telemetry is suppressed.
    #[inline]
    pub(crate) fn stand(&mut self, tool: &Tool) -> Option<Standing> {
        let seen = context::active_span();
        match self.is_usual(seen) {
            true => Some(self.stand_usual(tool, seen)),
            false => self.stand_apart(tool, seen),
        }
    }

    /// Whether a call that begins now has nothing around it but calls of this thread, or nothing at all.
    #[inline(always)]
    pub(super) fn is_usual(&self, seen: u64) -> bool {
        let innermost = self.levels[..self.depth].last().map(Level::frame);
        self.around.is_none()
            && (seen == 0
                || seen != context::SUPPRESSED
                    && innermost.is_some_and(|innermost| innermost.seen == seen))
    }

    fn stand_usual(&mut self, tool: &Tool, seen: u64) -> Standing {
        let mut standing = Standing {
            seen,
            ..Standing::default()
        };
        let innermost = self.levels[..self.depth].last().map(Level::frame);
        standing.parent = self.source.stand(&mut standing.ids, innermost, tool);
        standing
    }

    #[inline(never)]
    fn stand_below(&mut self, tool: &Tool, seen: u64) -> Standing {
        match self.is_usual(seen) {
            true => self.stand_usual(tool, seen),
            false => self.stand_under_context(tool, seen),
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn stand_apart(&mut self, tool: &Tool, seen: u64) -> Option<Standing> {
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
            None => Standing {
                ids: self.source.root(tool),
                seen,
                ..Standing::default()
            },
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
                span: self.source.id(),
                sampled: parent.sampled,
                remote_parent: parent.remote,
                caller: None,
            },
            parent: parent.span,
            seen,
            captured: Attributes::new(),
            details,
        }
    }
}

/// Where ids come from.
pub(super) struct IdSource {
    random: Rng,
    /// Differs between threads and processes, and moves on with each trace, so that 64 random
    /// bits are not all that tells two traces apart.
    salt: u64,
}

impl IdSource {
    pub(super) fn new() -> Self {
        // Random once a process: to ask the system for each thread is a third of what its first call
        // costs. The counter's reading keeps processes apart where one is the other's fork.
        static KEYS: OnceLock<RandomState> = OnceLock::new();
        static SOURCES: AtomicU64 = AtomicU64::new(0);
        let keys = KEYS.get_or_init(RandomState::new);
        let own = (SOURCES.fetch_add(1, Relaxed), clock::now());
        Self {
            random: Rng::with_seed(keys.hash_one((0, own))),
            salt: keys.hash_one((1, own)),
        }
    }

    /// Writes the ids of a call of `tool` below `innermost`, in the place where they stay; gives the
    /// parent's span.
    #[inline(always)]
    pub(super) fn stand(&mut self, ids: &mut Ids, innermost: Option<&Frame>, tool: &Tool) -> u64 {
        match innermost {
            Some(innermost) if innermost.ids.is_known() => {
                *ids = Ids {
                    span: self.id(),
                    remote_parent: false,
                    caller: innermost.tool().and_then(Tool::as_caller),
                    ..innermost.ids
                };
                innermost.ids.span
            }
            _ => {
                *ids = self.root(tool);
                0
            }
        }
    }

    #[inline(always)]
    fn root(&mut self, tool: &Tool) -> Ids {
        // Weyl's sequence of the golden ratio: it comes round after 2⁶⁴ traces.
        self.salt = self.salt.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let trace = [self.salt | 1, self.id()];
        Ids {
            trace,
            span: self.id(),
            sampled: tool.samples(trace[1]),
            remote_parent: false,
            caller: None,
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
    #[inline(always)]
    fn id(&mut self) -> u64 {
        self.random.u64(..).max(1)
    }

    /// Something that differs between threads.
    pub(super) fn near(&self) -> u64 {
        self.salt >> 32
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Those of one thread and those of others, made at the same time.
    #[test]
    fn each_source_gives_ids_of_its_own() {
        let made = || (0..50).map(|_| IdSource::new()).collect::<Vec<_>>();
        let mut sources = std::thread::scope(|scope| {
            let making = [(); 4].map(|()| scope.spawn(made));
            let made = making.map(|making| making.join().expect("no panic"));
            made.into_iter().flatten().collect::<Vec<_>>()
        });
        let salts: HashSet<_> = sources.iter().map(|source| source.salt).collect();
        let spans: HashSet<_> = sources.iter_mut().map(IdSource::id).collect();
        assert_eq!((salts.len(), spans.len()), (200, 200));
    }
}
