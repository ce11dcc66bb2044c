//! Numbers of tools: aggregated, exact, and written out.

#[cfg(feature = "console")]
#[cfg_attr(not(test), expect(dead_code, reason = "the pipeline starts it"))]
pub(crate) mod console;
#[cfg(feature = "prometheus")]
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the pipeline starts it")
)]
pub(crate) mod prometheus;
#[cfg(feature = "console")]
mod quantile;
mod snapshot;

#[cfg(feature = "console")]
pub(crate) use quantile::quantile;
pub(crate) use snapshot::{Exemplar, Histogram, Snapshot, ToolSnapshot};
