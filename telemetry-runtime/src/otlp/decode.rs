//! Batches read back, for exporters that show or translate them.

use opentelemetry_proto::tonic::collector;
use prost::{DecodeError, Message};

/// The body of a batch of spans.
pub(crate) fn decode_traces(
    body: &[u8],
) -> Result<collector::trace::v1::ExportTraceServiceRequest, DecodeError> {
    Message::decode(body)
}

/// The body of a batch of metrics.
pub(crate) fn decode_metrics(
    body: &[u8],
) -> Result<collector::metrics::v1::ExportMetricsServiceRequest, DecodeError> {
    Message::decode(body)
}

/// The body of a batch of log records.
pub(crate) fn decode_logs(
    body: &[u8],
) -> Result<collector::logs::v1::ExportLogsServiceRequest, DecodeError> {
    Message::decode(body)
}
