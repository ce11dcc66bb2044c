//! Numbers of tools: aggregated, exact, and written out.

mod aggregate;
mod buckets;
#[cfg(feature = "console")]
pub(crate) mod console;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "console")]
mod quantile;
mod registry;
mod sketch;
mod snapshot;

#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
#[cfg(feature = "console")]
pub(crate) use quantile::quantile;
pub(crate) use registry::{Apart, Metrics};
pub(crate) use sketch::Sketch;
pub(crate) use snapshot::{DriftNumbers, Exemplar, HealthPoint, Histogram, Snapshot, ToolSnapshot};
