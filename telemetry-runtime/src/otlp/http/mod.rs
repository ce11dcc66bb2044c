//! OTLP over HTTP, and the blocking client that other exporters share.

mod client;
#[cfg(feature = "otlp-http")]
mod exporter;
mod names;

pub(crate) use client::HttpClient;
#[cfg(feature = "otlp-http")]
pub(crate) use exporter::HttpExporter;
