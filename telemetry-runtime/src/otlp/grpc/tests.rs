use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Response, async_trait};

use super::*;
use crate::config::{Overflow, Protocol, Queue};
use crate::export::{Destination, Tally};
#[cfg(feature = "logs")]
use crate::otlp::testing::logs;
use crate::otlp::testing::{Answer, LONG, answer, backend, server, soon, spans};
use crate::otlp::wire;

type Answered<T> = Result<Response<T>, Status>;

/// An OTLP receiver as tonic makes one: it gives the answers it was made with, in turn, then
/// accepts everything.
#[derive(Clone)]
struct Receiving {
    seen: Sender<(MetadataMap, Vec<u8>)>,
    answers: Arc<Mutex<VecDeque<Result<ExportTraceServiceResponse, Status>>>>,
}

#[async_trait]
impl TraceService for Receiving {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Answered<ExportTraceServiceResponse> {
        let (metadata, _, request) = request.into_parts();
        let _ = self.seen.send((metadata, request.encode_to_vec()));
        let answer = self.answers.lock().unwrap().pop_front();
        answer
            .unwrap_or_else(|| Ok(ExportTraceServiceResponse::default()))
            .map(Response::new)
    }
}

#[async_trait]
impl MetricsService for Receiving {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Answered<ExportMetricsServiceResponse> {
        let (metadata, _, request) = request.into_parts();
        let _ = self.seen.send((metadata, request.encode_to_vec()));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Refuses one of each request.
#[async_trait]
impl LogsService for Receiving {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Answered<ExportLogsServiceResponse> {
        let (metadata, _, request) = request.into_parts();
        let _ = self.seen.send((metadata, request.encode_to_vec()));
        Ok(Response::new(ExportLogsServiceResponse {
            partial_success: Some(ExportLogsPartialSuccess {
                rejected_log_records: 1,
                error_message: "too old".to_owned(),
            }),
        }))
    }
}

struct Collector {
    address: SocketAddr,
    seen: Receiver<(MetadataMap, Vec<u8>)>,
    /// The server, until it is dropped.
    _runtime: Stopping,
}

/// A runtime that waits for nothing when it is dropped.
struct Stopping(Option<Runtime>);

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn collector(answers: Vec<Result<ExportTraceServiceResponse, Status>>) -> Collector {
    listen("127.0.0.1:0".parse().unwrap(), answers, Server::builder())
}

fn listen(
    address: SocketAddr,
    answers: Vec<Result<ExportTraceServiceResponse, Status>>,
    mut server: Server,
) -> Collector {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (sender, seen) = channel();
    let service = Receiving {
        seen: sender,
        answers: Arc::new(Mutex::new(answers.into())),
    };
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(address))
        .unwrap();
    let address = listener.local_addr().unwrap();
    let traces = TraceServiceServer::new(service.clone())
        .accept_compressed(Gzip)
        .send_compressed(Gzip);
    let router = server
        .add_service(traces)
        .add_service(LogsServiceServer::new(service.clone()).accept_compressed(Gzip))
        .add_service(MetricsServiceServer::new(service));
    runtime.spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
    Collector {
        address,
        seen,
        _runtime: Stopping(Some(runtime)),
    }
}

fn exporter(address: SocketAddr) -> GrpcExporter {
    GrpcExporter::new(&backend(&format!("http://{address}"), Protocol::Grpc)).unwrap()
}

fn sent_to(answer: Result<ExportTraceServiceResponse, Status>) -> Result<Accepted, Refused> {
    let collector = collector(vec![answer]);
    exporter(collector.address).export(&spans(3), soon())
}

#[test]
fn a_batch_arrives_as_it_is_with_metadata() {
    let collector = collector(Vec::new());
    let batch = spans(3);
    let accepted = exporter(collector.address).export(&batch, soon()).unwrap();
    assert_eq!((accepted.rejected, accepted.message), (0, None));
    let (metadata, body) = collector.seen.recv().unwrap();
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer hush-hush");
    assert!(metadata.get("grpc-timeout").is_some());
    assert!(metadata.get("grpc-encoding").is_none());
    let sent = ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap();
    assert_eq!(
        ExportTraceServiceRequest::decode(body.as_slice()).unwrap(),
        sent
    );
}

#[test]
fn metrics_have_their_own_service() {
    let collector = collector(Vec::new());
    let batch = Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 0,
        body: Vec::new(),
    };
    exporter(collector.address).export(&batch, soon()).unwrap();
    assert!(collector.seen.recv().unwrap().1.is_empty());
}

#[cfg(feature = "logs")]
#[test]
fn logs_have_theirs_and_tell_what_was_refused() {
    let collector = collector(Vec::new());
    let url = format!("http://{}", collector.address);
    let backend = Backend {
        gzip: true,
        ..backend(&url, Protocol::Grpc)
    };
    let batch = logs(30);
    let mut exporter = GrpcExporter::new(&backend).unwrap();
    let accepted = exporter.export(&batch, soon()).unwrap();
    assert_eq!(
        (accepted.rejected, accepted.message.as_deref()),
        (1, Some("too old"))
    );
    let (metadata, body) = collector.seen.recv().unwrap();
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer hush-hush");
    assert_eq!(metadata.get("grpc-encoding").unwrap(), "gzip");
    let read = ExportLogsServiceRequest::decode(body.as_slice()).unwrap();
    assert_eq!(
        read,
        ExportLogsServiceRequest::decode(batch.body.as_slice()).unwrap()
    );
    assert_eq!(read.resource_logs[0].scope_logs[0].log_records.len(), 30);
}

#[test]
fn gzip_both_ways() {
    let partial = ExportTracePartialSuccess {
        rejected_spans: 1,
        error_message: "x".repeat(100),
    };
    let collector = collector(vec![Ok(ExportTraceServiceResponse {
        partial_success: Some(partial),
    })]);
    let url = format!("http://{}", collector.address);
    let backend = Backend {
        gzip: true,
        ..backend(&url, Protocol::Grpc)
    };
    let batch = spans(300);
    let accepted = GrpcExporter::new(&backend)
        .unwrap()
        .export(&batch, soon())
        .unwrap();
    assert_eq!(accepted.rejected, 1);
    let (metadata, body) = collector.seen.recv().unwrap();
    assert_eq!(metadata.get("grpc-encoding").unwrap(), "gzip");
    let sent = ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap();
    assert_eq!(
        ExportTraceServiceRequest::decode(body.as_slice()).unwrap(),
        sent
    );
}

#[test]
fn partial_success_is_counted() {
    let partial = ExportTracePartialSuccess {
        rejected_spans: 2,
        error_message: "too\nold".to_owned(),
    };
    let accepted = sent_to(Ok(ExportTraceServiceResponse {
        partial_success: Some(partial),
    }))
    .unwrap();
    assert_eq!(
        (accepted.rejected, accepted.message.as_deref()),
        (2, Some("too old"))
    );
}

#[test]
fn codes_that_are_worth_a_retry() {
    for code in [
        Code::Cancelled,
        Code::DeadlineExceeded,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unavailable,
        Code::DataLoss,
    ] {
        let refused = sent_to(Err(Status::new(code, "because hush-hush\u{1b}"))).unwrap_err();
        let Refused::Retry { after: None, why } = &refused else {
            panic!("{code:?}: {refused:?}")
        };
        assert!(
            why.ends_with(&format!("{code:?}: because [redacted]")),
            "{why}"
        );
    }
}

#[test]
fn codes_that_are_final() {
    for code in [
        Code::Unknown,
        Code::InvalidArgument,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::FailedPrecondition,
        Code::Unimplemented,
        Code::Internal,
        Code::Unauthenticated,
        Code::ResourceExhausted,
    ] {
        let refused = sent_to(Err(Status::new(code, "because"))).unwrap_err();
        assert!(
            matches!(&refused, Refused::Lost { why } if why.ends_with("because")),
            "{refused:?}"
        );
    }
}

#[test]
fn retry_info_is_a_reason_and_a_time_to_wait() {
    let mut details = Vec::new();
    wire::message(&mut details, 3, |any| {
        wire::bytes(any, 1, b"type.googleapis.com/google.rpc.RetryInfo");
        wire::message(any, 2, |info| {
            wire::message(info, 1, |delay| wire::number(delay, 1, 9))
        });
    });
    for code in [Code::ResourceExhausted, Code::Unavailable] {
        let status = Status::with_details(code, "busy", details.clone().into());
        let refused = sent_to(Err(status)).unwrap_err();
        let Refused::Retry { after, .. } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(after, Some(Duration::from_secs(9)));
    }
}

#[test]
fn no_server_and_one_that_is_none() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = exporter(nobody).export(&spans(1), soon()).unwrap_err();
    assert!(
        matches!(&refused, Refused::Retry { why, .. } if why.contains("refused")),
        "{refused:?}"
    );

    let (url, _seen) = server(vec![Answer::Close(answer("200 OK", "", b"")); 2]);
    let refused = GrpcExporter::new(&backend(&url, Protocol::Grpc))
        .unwrap()
        .export(&spans(1), soon());
    assert!(matches!(refused, Err(Refused::Retry { .. })), "{refused:?}");
}

#[test]
fn a_server_that_hangs_does_so_for_the_timeout_and_for_no_longer_than_the_deadline() {
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let impatient = Backend {
        timeout: Duration::from_millis(50),
        ..backend(&url, Protocol::Grpc)
    };
    let refused = GrpcExporter::new(&impatient)
        .unwrap()
        .export(&spans(1), soon())
        .unwrap_err();
    assert!(matches!(refused, Refused::Retry { .. }), "{refused:?}");

    let deadline = Instant::now() + Duration::from_millis(50);
    let patient = backend(&url, Protocol::Grpc);
    let refused = GrpcExporter::new(&patient)
        .unwrap()
        .export(&spans(1), deadline)
        .unwrap_err();
    assert!(matches!(refused, Refused::Retry { .. }), "{refused:?}");
    assert!(
        deadline.elapsed() < LONG / 2,
        "the deadline counts, not the timeout"
    );
}

fn destination(url: String) -> (Destination, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let make = move || {
        Ok(Box::new(GrpcExporter::new(&backend(&url, Protocol::Grpc))?) as Box<dyn Exporter>)
    };
    let queue = Queue {
        max_bytes: 1_000_000,
        overflow: Overflow::DropNewest,
    };
    (
        Destination::start("otlp", Signal::Traces, make, queue, Arc::clone(&tally)).unwrap(),
        tally,
    )
}

#[test]
fn a_server_that_comes_back_gets_what_waited() {
    let first = collector(Vec::new());
    let address = first.address;
    let (destination, tally) = destination(format!("http://{address}"));
    destination.push(Arc::new(spans(1)));
    assert!(destination.flush(soon()));
    drop(first);
    while std::net::TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    destination.push(Arc::new(spans(2)));
    while tally.counts().failures == 0 {
        std::thread::yield_now();
    }
    let _second = listen(address, Vec::new(), Server::builder());
    assert!(destination.flush(soon()));
    let counts = tally.counts();
    assert_eq!((counts.delivered, counts.dropped_total()), (3, 0));
}

#[test]
fn inside_of_somebody_elses_runtime() {
    let collector = collector(Vec::new());
    let url = format!("http://{}", collector.address);
    let theirs = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    theirs.block_on(async {
        let (destination, tally) = destination(url);
        destination.push(Arc::new(spans(4)));
        assert!(destination.flush(soon()));
        assert!(destination.shutdown(soon()));
        assert_eq!(tally.counts().delivered, 4);
    });
}

#[cfg(feature = "tls")]
mod secure {
    use tonic::transport::{Certificate, Identity, ServerTlsConfig};

    use super::*;
    use crate::config::Tls;
    use crate::otlp::testing::Certificates;

    /// A collector behind TLS for `host` that lets in only whom the authority signed.
    fn secure_collector(certificates: &Certificates, host: &str) -> Collector {
        let (certificate, key) = certificates.sign("server", host);
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(certificate.pem(), key.serialize_pem()))
            .client_ca_root(Certificate::from_pem(certificates.ca.pem()));
        listen(
            "127.0.0.1:0".parse().unwrap(),
            Vec::new(),
            Server::builder().tls_config(tls).unwrap(),
        )
    }

    fn send(collector: &Collector, tls: Tls) -> Result<Accepted, Refused> {
        let url = format!("https://localhost:{}", collector.address.port());
        let backend = Backend {
            tls,
            ..backend(&url, Protocol::Grpc)
        };
        GrpcExporter::new(&backend)
            .unwrap()
            .export(&spans(1), soon())
    }

    #[test]
    fn own_authority_and_client_certificate() {
        let certificates = Certificates::new();
        certificates.sign("client", "client");
        let nameless = Tls {
            ca_file: Some(certificates.path("ca.pem")),
            ..Tls::default()
        };
        let named = Tls {
            cert_file: Some(certificates.path("client.pem")),
            key_file: Some(certificates.path("client.key")),
            ..nameless.clone()
        };
        let collector = secure_collector(&certificates, "localhost");
        send(&collector, named.clone()).unwrap();
        assert!(matches!(
            send(&collector, nameless),
            Err(Refused::Retry { .. })
        ));

        let stranger = Certificates::new();
        let elsewhere = Tls {
            ca_file: Some(stranger.path("ca.pem")),
            ..named.clone()
        };
        let refused = send(&collector, elsewhere).unwrap_err();
        assert!(
            matches!(&refused, Refused::Retry { why, .. } if why.contains("certificate")),
            "{refused:?}"
        );

        let other = secure_collector(&certificates, "example.com");
        let refused = send(&other, named).unwrap_err();
        assert!(
            matches!(&refused, Refused::Retry { why, .. } if why.contains("name")),
            "{refused:?}"
        );
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_names_the_feature_it_needs() {
    let error = GrpcExporter::new(&backend("https://localhost/", Protocol::Grpc))
        .err()
        .unwrap();
    assert!(error.to_string().contains("cargo feature `tls`"), "{error}");
}
