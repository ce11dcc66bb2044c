//! Records and a configuration for the tests of this folder.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

use crate::config::{self, Backend, Protocol, Tls};
use crate::export::samples::{any, attribute};

pub(in crate::logs) fn config(url: &str) -> config::Loki {
    config::Loki {
        backend: Backend {
            endpoint: url.to_owned(),
            protocol: Protocol::HttpProtobuf,
            headers: Vec::new(),
            timeout: Duration::from_secs(60),
            gzip: false,
            tls: Tls::default(),
        },
        application: "shop".to_owned(),
        environment: "test".to_owned(),
        labels: BTreeMap::new(),
        max_streams: 100,
        max_line_bytes: 262_144,
        client: config::LokiClient::Builtin,
    }
}

/// A line of the tool `load` with further attributes.
pub(in crate::logs) fn record(time: u64, message: &str, attributes: &[(&str, Any)]) -> LogRecord {
    let tool = ("tool.name", Any::StringValue("load".to_owned()));
    LogRecord {
        time_unix_nano: time,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(any(Any::StringValue(message.to_owned()))),
        attributes: std::iter::once(&tool)
            .chain(attributes)
            .map(|(key, value)| attribute(key, value.clone()))
            .collect(),
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        ..LogRecord::default()
    }
}

pub(in crate::logs) fn request(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs {
        log_records,
        ..ScopeLogs::default()
    }];
    let resource_logs = vec![ResourceLogs {
        scope_logs,
        ..ResourceLogs::default()
    }];
    ExportLogsServiceRequest { resource_logs }
}
