//! The pull endpoint: what a Prometheus server scrapes.
//!
//! One page, `/metrics`, as Prometheus text 0.0.4 or OpenMetrics 1.0, whichever the
//! client asks for. A counter is 0 at the first scrape that shows it and has its value
//! from the next one on, since `rate` does not see the increase before a first sample.
//! What has been shown is remembered for the endpoint, not for each client: where two
//! servers scrape the same process, only the quicker one sees the zeros.

mod connection;
mod families;
mod format;
mod labels;
#[cfg_attr(not(feature = "sdk"), path = "no_others.rs")]
mod others;
mod page;
mod request;
mod server;
mod zeroes;

#[cfg(test)]
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use server::PrometheusServer;
