//! Numbers of tools: aggregated, exact, and written out.

#[cfg(feature = "prometheus")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
mod prometheus;
mod snapshot;

#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
pub(crate) use snapshot::{Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
