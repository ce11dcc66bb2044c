//! The official exporters over our HTTP client, against a server on this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prost::Message as _;

use super::{NEVER, a_plain_span, a_resource, a_span, far, sink, soon};
use crate::config::{Backend, Protocol, Secret, Tls};
use crate::export::{Batch, Refused, Signal};
use crate::sdk::metrics::with_reader;
use crate::sdk::spans::encode;
use crate::sdk::{Metrics, decode, otlp_client};

/// What arrived: head in lower case, body as it was on the wire.
struct Arrived {
    head: String,
    body: Vec<u8>,
}

/// Answers one request after the other, each on a connection of its own.
fn server(answers: Vec<(&'static str, Vec<u8>)>) -> (String, Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://user:pass@{}/v1/x?key=hush",
        listener.local_addr().unwrap()
    );
    let (sender, arrived) = channel();
    thread::spawn(move || {
        for (head, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            sender.send(receive(&stream)).unwrap();
            let length = body.len();
            let head =
                format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        }
    });
    (url, arrived)
}

fn receive(stream: &TcpStream) -> Arrived {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(
            reader.read_line(&mut head).unwrap() > 0,
            "the head ends early"
        );
    }
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Arrived { head, body }
}

fn backend(endpoint: String) -> Backend {
    Backend {
        endpoint,
        protocol: Protocol::HttpProtobuf,
        headers: vec![("x-key".to_owned(), Secret("hushhush".to_owned()))],
        timeout: Duration::from_secs(60),
        gzip: false,
        tls: Tls::default(),
    }
}

fn batch() -> Batch {
    encode(vec![a_span(1), a_plain_span(2)], &(&a_resource()).into())
}

fn partial() -> Vec<u8> {
    let error_message = "too old".to_owned();
    let partial_success = Some(ExportTracePartialSuccess {
        rejected_spans: 1,
        error_message,
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

#[test]
fn a_batch_arrives_as_it_was_with_our_headers() {
    let (url, arrived) = server(vec![("200 OK", partial())]);
    let mut exporter = otlp_client::traces(&backend(url)).unwrap();
    let accepted = exporter.export(&batch(), far()).unwrap();
    assert_eq!(
        (accepted.rejected, accepted.message.as_deref()),
        (1, Some("too old"))
    );

    let arrived = arrived.recv().unwrap();
    let mut request = ExportTraceServiceRequest::decode(arrived.body.as_slice()).unwrap();
    assert_eq!(request.resource_spans.len(), 1);
    let spans = request.resource_spans.remove(0);
    assert_eq!(decode::resource(&spans), a_resource());
    assert_eq!(decode::spans(spans), [a_span(1), a_plain_span(2)]);
    for line in [
        "post /v1/x?key=hush http/1.1",
        "content-type: application/x-protobuf",
        "x-key: hushhush",
        "authorization: basic dxnlcjpwyxnz",
    ] {
        assert!(
            arrived.head.lines().any(|sent| sent == line),
            "{line} in {}",
            arrived.head
        );
    }
}

#[test]
fn gzip_is_the_backends() {
    let (url, arrived) = server(vec![("200 OK", vec![])]);
    let mut exporter = otlp_client::traces(&Backend {
        gzip: true,
        ..backend(url)
    })
    .unwrap();
    exporter.export(&batch(), far()).unwrap();
    let arrived = arrived.recv().unwrap();
    assert!(
        arrived.head.contains("content-encoding: gzip"),
        "{}",
        arrived.head
    );
    let mut body = vec![];
    GzDecoder::new(arrived.body.as_slice())
        .read_to_end(&mut body)
        .unwrap();
    assert!(ExportTraceServiceRequest::decode(body.as_slice()).is_ok());
}

#[test]
fn refusals_are_told_apart_and_tried_once() {
    let (url, arrived) = server(vec![
        (
            "503 Service Unavailable\r\nretry-after: 7",
            b"busy hushhush".to_vec(),
        ),
        ("400 Bad Request", b"no".to_vec()),
    ]);
    let mut exporter = otlp_client::traces(&backend(url)).unwrap();
    match exporter.export(&batch(), far()) {
        Err(Refused::Retry { after, why }) => {
            assert_eq!(after, Some(Duration::from_secs(7)));
            assert!(why.contains("503") && !why.contains("hush"), "{why}");
        }
        other => panic!("not worth another try: {other:?}"),
    }
    match exporter.export(&batch(), far()) {
        Err(Refused::Lost { why }) => assert!(why.contains("400"), "{why}"),
        other => panic!("not lost: {other:?}"),
    }
    // Both answers were used by one request each.
    assert_eq!(arrived.iter().count(), 2);
}

#[test]
fn no_server_and_no_answer_are_worth_another_try() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let mut exporter = otlp_client::traces(&backend(url)).unwrap();
    let late = exporter.export(&batch(), soon());
    match late {
        // Of the deadline's milliseconds, not of the backend's minute.
        Err(Refused::Retry { why, .. }) => assert!(why.contains("ms"), "{why}"),
        other => panic!("not worth another try: {other:?}"),
    }
    drop(listener);
    let refused = exporter.export(&batch(), far());
    assert!(matches!(refused, Err(Refused::Retry { .. })), "{refused:?}");
}

#[test]
fn empty_and_broken_batches_are_not_sent() {
    let mut exporter = otlp_client::traces(&backend("http://127.0.0.1:9".to_owned())).unwrap();
    let batch = |body| Batch {
        signal: Signal::Traces,
        lane: crate::export::Lane::Calls,
        items: 0,
        body,
    };
    assert!(exporter.export(&batch(vec![]), far()).is_ok());
    let broken = exporter.export(&batch(vec![0xff; 9]), far());
    assert!(matches!(broken, Err(Refused::Lost { .. })), "{broken:?}");
}

#[test]
fn other_protocols_are_errors_of_the_configuration() {
    for protocol in [Protocol::HttpJson, Protocol::Grpc] {
        let backend = Backend {
            protocol,
            ..backend("http://127.0.0.1:9".to_owned())
        };
        let error = otlp_client::traces(&backend).err().unwrap();
        assert!(error.is_config());
        assert!(
            error.to_string().contains("otlp_client: builtin"),
            "{error}"
        );
    }
}

/// A provider whose metrics go to `url`, where no reader of a user is; else to a sink.
fn provider(
    url: String,
    users_readers: bool,
) -> (SdkMeterProvider, Receiver<Batch>, Receiver<(u64, bool)>) {
    let (answers, answered) = channel();
    let answered_fn =
        Arc::new(move |points, answer: Result<_, _>| _ = answers.send((points, answer.is_ok())));
    let official = otlp_client::metrics(&backend(url), true, answered_fn).unwrap();
    let (sink, batches) = sink();
    let to = Metrics {
        sink,
        interval: NEVER,
        delta: true,
        official: Some(official),
    };
    let provider = with_reader(SdkMeterProvider::builder(), to, users_readers).build();
    provider
        .meter("library")
        .u64_counter("things")
        .build()
        .add(2, &[]);
    (provider, batches, answered)
}

#[test]
fn metrics_of_the_sdk_go_through_the_official_exporter() {
    let (url, arrived) = server(vec![("200 OK", vec![]), ("400 Bad Request", vec![])]);
    let (provider, batches, answered) = provider(url, false);
    provider.force_flush().unwrap();
    assert_eq!(answered.recv(), Ok((1, true)));
    let arrived = arrived.recv().unwrap();
    assert!(arrived.head.contains("x-key: hushhush"), "{}", arrived.head);
    let request = ExportMetricsServiceRequest::decode(arrived.body.as_slice()).unwrap();
    assert_eq!(
        request.resource_metrics[0].scope_metrics[0].metrics[0].name,
        "things"
    );
    assert!(batches.try_recv().is_err(), "and only there");

    provider
        .meter("library")
        .u64_counter("things")
        .build()
        .add(2, &[]);
    provider.force_flush().unwrap_err();
    assert_eq!(answered.recv(), Ok((1, false)));
}

#[test]
fn beside_users_readers_the_built_in_writer_takes_them() {
    let (provider, batches, answered) = provider("http://127.0.0.1:9".to_owned(), true);
    provider.force_flush().unwrap();
    assert_eq!(batches.try_recv().unwrap().items, 1);
    assert!(answered.try_recv().is_err());
}
