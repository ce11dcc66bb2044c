//! Numbers of tools: aggregated, exact, and written out.

mod aggregate;
mod buckets;
#[cfg(feature = "prometheus")]
mod prometheus;
mod registry;
mod sketch;
mod snapshot;
mod statistics;

#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
pub(crate) use registry::{Apart, Metrics};
pub(crate) use snapshot::{Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
pub use statistics::ToolStatistics;
