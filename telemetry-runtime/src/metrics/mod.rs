//! Numbers of tools: aggregated, exact, and written out.

mod aggregate;
mod buckets;
mod registry;
mod sketch;
#[cfg(feature = "prometheus")]
mod prometheus;
mod snapshot;
mod statistics;

pub(crate) use registry::{Apart, Metrics};
pub use statistics::ToolStatistics;
#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
pub(crate) use snapshot::{Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
