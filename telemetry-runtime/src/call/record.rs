//! What is left of a call when it has ended.

use std::borrow::Cow;
use std::num::NonZeroU32;

use super::attributes::Attributes;
use super::clock;
use super::context::Active;
use super::tool::Origin;
use crate::value::Value;

/// A finished call, on its way from its thread to the collector.
pub(crate) struct Record {
    pub(crate) origin: &'static Origin,
    /// Readings of the counter.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) ids: Ids,
    /// Span id of the parent, 0 for a root.
    pub(crate) parent: u64,
    pub(crate) outcome: Outcome,
    pub(crate) kept: Kept,
    /// What it was given, where it has no details.
    pub(crate) captured: Piece,
    /// What most calls do not have.
    pub(crate) details: Option<Box<Details>>,
}

/// Where a call's [`Attributes`] are, among the bytes that its thread has written beside its records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) length: u16,
    /// How many came before, of which the lowest 32 bits.
    pub(crate) at: u32,
}

impl Record {
    /// How long it took, ns.
    #[inline]
    pub(crate) fn nanos(&self) -> u64 {
        clock::nanos(self.start, self.end)
    }

    /// Whether its span goes out, where spans do.
    #[inline]
    pub(crate) fn is_sent(&self) -> bool {
        self.ids.sampled || self.kept != Kept::No
    }
}

/// A call's place in its trace. Zero where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// High half first.
    pub(crate) trace: [u64; 2],
    pub(crate) span: u64,
    /// Chosen by head sampling, at the root of the trace.
    pub(crate) sampled: bool,
    /// The parent is in another process.
    pub(crate) remote_parent: bool,
    /// The tool that made the call, where one of this process did.
    pub(crate) caller: Caller,
}

/// A tool, by its position counted from 1: four bytes with `None` among them.
pub(crate) type Caller = Option<NonZeroU32>;

impl Ids {
    pub(crate) fn trace_bytes(self) -> [u8; 16] {
        Self::bytes_of(self.trace)
    }

    pub(crate) fn bytes_of(trace: [u64; 2]) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&trace[0].to_be_bytes());
        bytes[8..].copy_from_slice(&trace[1].to_be_bytes());
        bytes
    }

    /// There is a span: not so where a thread's locals are gone.
    #[inline]
    pub(crate) fn is_known(self) -> bool {
        self.span != 0
    }

    pub(crate) fn span_bytes(self) -> [u8; 8] {
        self.span.to_be_bytes()
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Outcome {
    Success,
    Error,
    Panic,
    Cancelled,
}

impl Outcome {
    /// In the order of their discriminants.
    pub(crate) const ALL: [Self; 4] = [Self::Success, Self::Error, Self::Panic, Self::Cancelled];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn is_error(self) -> bool {
        matches!(self, Self::Error | Self::Panic)
    }
}

/// Why a call is sent that head sampling left out (`traces_keep`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    #[default]
    No,
    Drifting,
    Slow,
    Error,
}

impl Kept {
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Drifting => Some("drifting"),
            Self::Slow => Some("slow"),
            Self::Error => Some("error"),
        }
    }
}

/// Everything of variable size.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// What was captured: parameters above all.
    pub(crate) captured: Attributes,
    /// Further attributes by key, none of which is in `captured`; a later one of the same key wins.
    pub(crate) attributes: Vec<(Cow<'static, str>, Value)>,
    pub(crate) events: Vec<Event>,
    pub(crate) left_out: LeftOut,
    pub(crate) error_type: Option<Cow<'static, str>>,
    pub(crate) error_message: Option<String>,
    /// The errors below it, a line each.
    pub(crate) error_source: Option<String>,
    /// A call that was made inside of this one on another thread was kept.
    pub(crate) kept: Kept,
    /// Spans that it follows from.
    pub(crate) links: Vec<Active>,
    /// W3C `tracestate` of the parent, as it came.
    pub(crate) trace_state: Option<String>,
}

/// What there was no room for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeftOut {
    pub(crate) attributes: u32,
    pub(crate) events: u32,
}

/// Something that happened during a call.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: Cow<'static, str>,
    /// Reading of the counter.
    pub(crate) at: u64,
    pub(crate) attributes: Vec<(Cow<'static, str>, Value)>,
}

impl Details {
    /// Memory it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let events = self
            .events
            .iter()
            .map(|event| size_of::<Event>() + owned(&event.name) + bytes_of(&event.attributes));
        let texts = [&self.error_message, &self.error_source, &self.trace_state];
        size_of::<Self>()
            + self.captured.capacity()
            + bytes_of(&self.attributes)
            + events.sum::<usize>()
            + texts
                .into_iter()
                .flatten()
                .map(String::capacity)
                .sum::<usize>()
    }

    /// Puts `captured` beside what has been set meanwhile, which wins.
    pub(super) fn take_in(&mut self, mut captured: Attributes) {
        for (key, _) in &self.attributes {
            captured.replace(key.as_bytes());
        }
        let room = Self::MAX.saturating_sub(captured.written().count());
        if self.attributes.len() > room {
            self.left_out.attributes += (self.attributes.len() - room) as u32;
            self.attributes.truncate(room);
        }
        self.captured = captured;
    }

    /// At most so many attributes and so many events; the rest is left out.
    pub(super) const MAX: usize = 128;

    pub(crate) fn set(&mut self, key: Cow<'static, str>, value: Value) {
        if let Some((_, known)) = self.attributes.iter_mut().find(|(known, _)| *known == key) {
            *known = value;
        } else if self.attributes.len() < Self::MAX {
            self.attributes.push((key, value));
        } else {
            self.left_out.attributes += 1;
        }
    }

    pub(crate) fn add_event(&mut self, event: Event) {
        if self.events.len() < Self::MAX {
            self.events.push(event);
        } else {
            self.left_out.events += 1;
        }
    }
}

fn bytes_of(attributes: &Vec<(Cow<'static, str>, Value)>) -> usize {
    let texts = attributes.iter().map(|(key, value)| {
        owned(key)
            + match value {
                Value::Str(text) => owned(text),
                _ => 0,
            }
    });
    attributes.capacity() * size_of::<(Cow<'static, str>, Value)>() + texts.sum::<usize>()
}

#[expect(clippy::ptr_arg, reason = "only an owned text takes memory of its own")]
fn owned(text: &Cow<'static, str>) -> usize {
    match text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => text.capacity(),
    }
}
