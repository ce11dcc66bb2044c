//! Numbers of tools: aggregated, exact, and written out.

#[cfg(feature = "prometheus")]
mod prometheus;
mod snapshot;

#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
pub(crate) use snapshot::{Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
