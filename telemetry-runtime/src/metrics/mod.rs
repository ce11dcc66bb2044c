//! Numbers of tools: aggregated, exact, and written out.

mod snapshot;

pub(crate) use snapshot::{Exemplar, Histogram, Snapshot, ToolSnapshot};
