//! A sample: what the detector is told of one call.

use std::time::SystemTime;

use super::ToolKey;
use crate::TraceId;

/// How a call ended, as drift sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its duration is learned.
    Success,
    /// An error or a panic: counts in the error ratio, its duration is not learned.
    Error,
    /// Neither; it counts in the call rate only.
    Cancelled,
}

/// One call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// How long it took, ns. 0 counts as 1.
    pub nanos: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended.
    pub at: SystemTime,
    /// The tool that called it.
    pub caller: Option<ToolKey>,
    /// Its trace, if it was sampled: an example for events.
    pub trace: Option<TraceId>,
}

impl Sample {
    /// A call of which nothing more is known.
    #[must_use]
    pub fn new(nanos: u64, outcome: Outcome, at: SystemTime) -> Self {
        Self {
            nanos,
            outcome,
            at,
            caller: None,
            trace: None,
        }
    }

    /// The same with its caller.
    #[must_use]
    pub fn called_by(self, caller: Option<ToolKey>) -> Self {
        Self { caller, ..self }
    }

    /// The same with its trace.
    #[must_use]
    pub fn in_trace(self, trace: Option<TraceId>) -> Self {
        Self { trace, ..self }
    }
}
