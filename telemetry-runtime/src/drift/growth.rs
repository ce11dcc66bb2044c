//! Growth: what a baseline has learned, for a store.

use super::Baseline;

/// What a baseline has learned.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// The tool.
    pub tool: String,
    /// What was stored before is no longer the normal.
    pub replace: bool,
    /// What is to be added to it.
    pub baseline: Baseline,
}

impl Growth {
    /// What a baseline has learned, `baseline`; with `replace` it takes the place of the stored one.
    #[must_use]
    pub fn new(tool: impl Into<String>, replace: bool, baseline: Baseline) -> Self {
        Self {
            tool: tool.into(),
            replace,
            baseline,
        }
    }
}
