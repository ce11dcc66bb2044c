//! Numbers of tools: aggregated, exact, and written out.

#[cfg(feature = "console")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
pub(crate) mod console;
#[cfg(feature = "prometheus")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
mod prometheus;
#[cfg(feature = "console")]
mod quantile;
mod snapshot;

#[cfg(feature = "_export")]
pub(crate) use crate::otlp::metrics::HealthPoint;
#[cfg(feature = "prometheus")]
pub(crate) use prometheus::PrometheusServer;
#[cfg(feature = "console")]
pub(crate) use quantile::quantile;
pub(crate) use snapshot::{Exemplar, Histogram, Snapshot, ToolSnapshot};
