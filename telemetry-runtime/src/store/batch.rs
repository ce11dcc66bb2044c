//! What one process adds to a store at a time, and what it is told by others.

use std::time::SystemTime;

use crate::drift::{Event, Growth};

/// A process that adds to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// One process of many: `service.instance.id`, or anything that no other has.
    pub id: String,
    /// `service_name`
    pub service: String,
    /// `environment`
    pub environment: String,
    /// `service_version`; empty where there is none.
    pub version: String,
}

/// What a process has learned and seen since its last batch.
///
/// A store applies it as a whole or not at all, and once: whoever does not know whether it was
/// applied, since the answer was lost, hands in the same batch again.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Whose.
    pub writer: Writer,
    /// Counts this writer's batches, from 1.
    pub number: u64,
    /// What its baselines have learned. With `replace` the stored one goes, and what stands there
    /// from then on stands alone: the tool's new normal.
    pub growth: Vec<Growth>,
    /// Events, the oldest first.
    pub events: Vec<Event>,
    /// [`Mark::id`] of the last mark that this writer knows.
    pub seen: i64,
}

/// What somebody has decided of a tool, for every process that watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// Rises with every mark.
    pub id: i64,
    /// The tool.
    pub tool: String,
    /// What was decided.
    pub decision: Decision,
    /// When.
    pub at: SystemTime,
}

/// What can be decided of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// What it does now is its new normal.
    Accept,
    /// Its baseline is forgotten; a new one is learned.
    Reset,
}

impl Decision {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reset => "reset",
        }
    }

    /// `None` for what a later version may have added.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Accept, Self::Reset]
            .into_iter()
            .find(|decision| decision.as_str() == name)
    }
}
