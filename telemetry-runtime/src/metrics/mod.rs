//! Numbers of tools: aggregated, exact, and written out.

mod aggregate;
mod buckets;
mod registry;
mod sketch;
mod snapshot;
mod statistics;

pub(crate) use registry::{Apart, Metrics};
pub(crate) use snapshot::{Exemplar, Histogram, Snapshot, ToolSnapshot};
pub use statistics::ToolStatistics;
