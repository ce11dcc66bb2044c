//! The records of a request, in order.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

pub(super) fn of(request: &ExportLogsServiceRequest) -> impl Iterator<Item = &LogRecord> {
    let resources = request.resource_logs.iter();
    let scopes = resources.flat_map(|resource| &resource.scope_logs);
    scopes.flat_map(|scope| &scope.log_records)
}
