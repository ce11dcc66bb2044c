use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[cfg(feature = "logs")]
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::*;
use crate::config::{Overflow, Queue};
use crate::export::{Cause, Destination, Signal, Tally};
#[cfg(feature = "logs")]
use crate::otlp::testing::logs;
use crate::otlp::testing::{Answer, LONG, answer, backend, server, soon, spans};

fn exporter(url: &str) -> HttpExporter {
    HttpExporter::new(&backend(url, Protocol::HttpProtobuf)).unwrap()
}

fn sent_to(answers: Vec<Answer>) -> Result<Accepted, Refused> {
    let (url, _seen) = server(answers);
    exporter(&url).export(&spans(3), soon())
}

fn why(refused: &Refused) -> &str {
    match refused {
        Refused::Retry { why, .. } | Refused::Lost { why } => why,
    }
}

#[test]
fn protobuf_as_it_is_with_headers() {
    let (url, seen) = server(vec![Answer::Close(answer("200 OK", "", b""))]);
    let batch = spans(3);
    let accepted = exporter(&url).export(&batch, soon()).unwrap();
    assert_eq!((accepted.rejected, accepted.message), (0, None));
    let seen = seen.recv().unwrap();
    assert_eq!(seen.line, "POST /v1/traces?key=hush-query HTTP/1.1");
    assert_eq!(seen.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(seen.header("authorization"), Some("Bearer hush-hush"));
    assert_eq!(seen.header("content-encoding"), None);
    assert_eq!(seen.body, batch.body);
}

#[test]
fn json_says_the_same() {
    let (url, seen) = server(vec![Answer::Close(answer("200 OK", "", b"{}"))]);
    let batch = spans(3);
    HttpExporter::new(&backend(&url, Protocol::HttpJson))
        .unwrap()
        .export(&batch, soon())
        .unwrap();
    let seen = seen.recv().unwrap();
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let read: ExportTraceServiceRequest = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(
        read,
        ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap()
    );
}

/// As log records: their own path, hexadecimal ids, a count of what was refused.
#[cfg(feature = "logs")]
#[test]
fn logs_as_json_compressed() {
    let refused = br#"{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}"#;
    let (url, seen) = server(vec![Answer::Close(answer(
        "200 OK",
        "content-type: application/json\r\n",
        refused,
    ))]);
    let batch = logs(30);
    let backend = Backend {
        gzip: true,
        ..backend(&url.replace("/v1/traces", "/v1/logs"), Protocol::HttpJson)
    };
    let mut exporter = HttpExporter::new(&backend).unwrap();
    let accepted = exporter.export(&batch, soon()).unwrap();
    assert_eq!(
        (accepted.rejected, accepted.message.as_deref()),
        (2, Some("too old"))
    );
    let seen = seen.recv().unwrap();
    assert!(seen.line.starts_with("POST /v1/logs"), "{}", seen.line);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert_eq!(seen.header("authorization"), Some("Bearer hush-hush"));
    let mut body = String::new();
    flate2::read::GzDecoder::new(seen.body.as_slice())
        .read_to_string(&mut body)
        .unwrap();
    assert!(
        body.contains(&"01".repeat(16)) && body.contains("WARN"),
        "{body}"
    );
    let read: ExportLogsServiceRequest = serde_json::from_str(&body).unwrap();
    assert_eq!(
        read,
        ExportLogsServiceRequest::decode(batch.body.as_slice()).unwrap()
    );
}

#[test]
fn gzip_where_it_is_asked_for() {
    let (url, seen) = server(vec![Answer::Close(answer("200 OK", "", b""))]);
    let batch = spans(300);
    let backend = Backend {
        gzip: true,
        ..backend(&url, Protocol::HttpProtobuf)
    };
    HttpExporter::new(&backend)
        .unwrap()
        .export(&batch, soon())
        .unwrap();
    let seen = seen.recv().unwrap();
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert!(seen.body.len() < batch.body.len() / 10);
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(seen.body.as_slice())
        .read_to_end(&mut body)
        .unwrap();
    assert_eq!(body, batch.body);
}

#[test]
fn connections_are_kept() {
    let (url, seen) = server(vec![Answer::Stay(answer("200 OK", "", b"")); 3]);
    let mut exporter = exporter(&url);
    for _ in 0..3 {
        exporter.export(&spans(1), soon()).unwrap();
        assert_eq!(seen.recv().unwrap().connection, 0);
    }
}

#[test]
fn a_user_in_the_url_is_basic_authentication() {
    let (url, seen) = server(vec![Answer::Close(answer("200 OK", "", b""))]);
    let url = url.replace("localhost", "me:secret@localhost");
    let backend = Backend {
        headers: Vec::new(),
        ..backend(&url, Protocol::HttpProtobuf)
    };
    HttpExporter::new(&backend)
        .unwrap()
        .export(&spans(1), soon())
        .unwrap();
    assert_eq!(
        seen.recv().unwrap().header("authorization"),
        Some("Basic bWU6c2VjcmV0")
    );
}

#[test]
fn partial_success_by_the_content_type_of_the_answer() {
    let partial = ExportTracePartialSuccess {
        rejected_spans: 2,
        error_message: "too\nold".to_owned(),
    };
    let protobuf = ExportTraceServiceResponse {
        partial_success: Some(partial),
    }
    .encode_to_vec();
    let json: &[u8] = br#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too\nold"}}"#;
    for (kind, body) in [
        ("", protobuf.as_slice()),
        ("content-type: application/x-protobuf\r\n", &protobuf),
        ("content-type: application/json; charset=utf-8\r\n", json),
    ] {
        let accepted = sent_to(vec![Answer::Close(answer("200 OK", kind, body))]).unwrap();
        assert_eq!(
            (accepted.rejected, accepted.message.as_deref()),
            (2, Some("too old")),
            "{kind}"
        );
    }
}

#[test]
fn garbage_and_half_a_body_with_a_good_status_are_acceptances() {
    let whole = answer("200 OK", "", b"<html>thank you</html>");
    let half = whole[..whole.len() - 5].to_vec();
    let endless = answer("200 OK", "", &vec![b'x'; 300_000]);
    for bytes in [
        whole,
        half,
        endless,
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
    ] {
        let accepted = sent_to(vec![Answer::Close(bytes)]).unwrap();
        assert_eq!((accepted.rejected, accepted.message), (0, None));
    }
}

#[test]
fn statuses_of_overload_are_worth_a_retry() {
    for (status, header, after) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", Some(7)),
        ("502 Bad Gateway", "", None),
        ("503 Service Unavailable", "retry-after: soon\r\n", None),
        (
            "504 Gateway Timeout",
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            Some(0),
        ),
    ] {
        let refused = sent_to(vec![Answer::Close(answer(status, header, b"busy"))]).unwrap_err();
        let Refused::Retry { after: asked, why } = refused else {
            panic!("{status}: {refused:?}")
        };
        assert_eq!(asked, after.map(Duration::from_secs), "{status}");
        assert!(
            why.ends_with(&format!("/v1/traces: {status}: busy")),
            "{why}"
        );
    }
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let header = format!("retry-after: {date}\r\n");
    let refused = sent_to(vec![Answer::Close(answer(
        "503 Service Unavailable",
        &header,
        b"",
    ))]);
    let Err(Refused::Retry {
        after: Some(after), ..
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert!((3500..=3600).contains(&after.as_secs()), "{after:?}");
}

#[test]
fn all_other_statuses_are_final() {
    for status in [
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "413 Too Large",
        "500 Oh",
        "501 No",
    ] {
        let refused =
            sent_to(vec![Answer::Close(answer(status, "", b"because\x1b[2J"))]).unwrap_err();
        let Refused::Lost { why } = &refused else {
            panic!("{status}: {refused:?}")
        };
        assert!(why.ends_with(": because [2J"), "{why}");
    }
}

#[test]
fn a_refusals_protobuf_is_read() {
    let mut body = Vec::new();
    crate::otlp::wire::number(&mut body, 1, 3);
    crate::otlp::wire::bytes(&mut body, 2, b"bad span");
    let kind = "content-type: application/x-protobuf\r\n";
    let refused = sent_to(vec![Answer::Close(answer("400 Bad Request", kind, &body))]).unwrap_err();
    assert!(
        why(&refused).ends_with("400 Bad Request: bad span"),
        "{refused:?}"
    );
}

#[test]
fn redirects_are_not_followed() {
    let (elsewhere, seen) = server(vec![Answer::Close(answer("200 OK", "", b""))]);
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let header = format!("location: {elsewhere}\r\n");
        let refused = sent_to(vec![Answer::Close(answer(status, &header, b""))]).unwrap_err();
        assert!(
            matches!(&refused, Refused::Lost { why } if why.ends_with("redirects are not followed"))
        );
    }
    assert!(seen.try_recv().is_err(), "nothing came");
}

#[test]
fn what_the_backend_quotes_of_our_keys_is_not_kept() {
    let quoting = answer("401 Unauthorized", "", b"token hush-hush is not known");
    let refused = sent_to(vec![Answer::Close(quoting)]).unwrap_err();
    assert!(
        why(&refused).ends_with("token [redacted] is not known"),
        "{refused:?}"
    );
    assert!(!why(&refused).contains("hush"), "{refused:?}");
}

#[test]
fn no_answer_is_worth_a_retry() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = exporter(&format!("http://{nobody}/v1/traces"))
        .export(&spans(1), soon())
        .unwrap_err();
    assert!(
        matches!(&refused, Refused::Retry { after: None, why } if why.contains("refused")),
        "{refused:?}"
    );

    let head = b"HTTP/1.1 200 OK\r\nContent-".to_vec();
    for bytes in [Vec::new(), head, b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()] {
        let refused = sent_to(vec![Answer::Close(bytes)]).unwrap_err();
        assert!(matches!(refused, Refused::Retry { .. }), "{refused:?}");
    }
}

#[test]
fn a_server_that_hangs_does_so_for_the_timeout_and_for_no_longer_than_the_deadline() {
    for answer in [Answer::Hang, Answer::Stall(b"HTTP/1.1 200 OK\r\n".to_vec())] {
        let (url, _seen) = server(vec![answer.clone()]);
        let impatient = Backend {
            timeout: Duration::from_millis(50),
            ..backend(&url, Protocol::HttpProtobuf)
        };
        let refused = HttpExporter::new(&impatient)
            .unwrap()
            .export(&spans(1), soon())
            .unwrap_err();
        assert!(
            why(&refused).ends_with("no answer within 50.0ms"),
            "{refused:?}"
        );

        let (url, _seen) = server(vec![answer]);
        let deadline = Instant::now() + Duration::from_millis(50);
        let refused = exporter(&url).export(&spans(1), deadline).unwrap_err();
        assert!(matches!(refused, Refused::Retry { .. }), "{refused:?}");
        assert!(
            deadline.elapsed() < LONG / 2,
            "the deadline counts, not the timeout"
        );
    }
}

#[test]
fn a_deadline_that_has_passed_is_no_panic() {
    let (url, _seen) = server(vec![Answer::Hang]);
    assert!(matches!(
        exporter(&url).export(&spans(1), Instant::now()),
        Err(Refused::Retry { .. })
    ));
}

#[test]
fn wrong_urls_and_headers_are_errors_at_once() {
    for url in [
        "ftp://localhost/",
        "http:///v1/traces",
        "http://loc alhost/",
        "",
    ] {
        assert!(
            HttpExporter::new(&backend(url, Protocol::HttpProtobuf)).is_err(),
            "{url}"
        );
    }
}

fn destination(url: &str, max_bytes: usize, overflow: Overflow) -> (Destination, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let backend = backend(url, Protocol::HttpProtobuf);
    let make = move || Ok(Box::new(HttpExporter::new(&backend)?) as Box<dyn Exporter>);
    let queue = Queue {
        max_bytes,
        overflow,
    };
    (
        Destination::start("otlp", Signal::Traces, make, queue, Arc::clone(&tally)).unwrap(),
        tally,
    )
}

#[test]
fn a_batch_waits_as_long_as_the_server_says_and_arrives() {
    let busy = answer("503 Service Unavailable", "retry-after: 1\r\n", b"");
    let (url, seen) = server(vec![
        Answer::Close(busy),
        Answer::Close(answer("200 OK", "", b"")),
    ]);
    let (destination, tally) = destination(&url, 1_000_000, Overflow::DropNewest);
    let asked = Instant::now();
    destination.push(Arc::new(spans(5)));
    seen.recv().unwrap();
    seen.recv().unwrap();
    assert!(
        asked.elapsed() >= Duration::from_millis(900),
        "{:?}",
        asked.elapsed()
    );
    assert!(destination.flush(soon()));
    let counts = tally.counts();
    assert_eq!(
        (counts.delivered, counts.failures, counts.dropped_total()),
        (5, 1, 0)
    );
}

#[test]
fn memory_is_bounded_and_every_span_counted_while_the_server_hangs() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let (url, seen) = server(vec![Answer::Hang]);
        let size = spans(10).body.capacity();
        let (destination, tally) = destination(&url, 5 * size, overflow);
        for _ in 0..1000 {
            destination.push(Arc::new(spans(10)));
            assert!(tally.counts().queue_bytes <= 5 * size);
        }
        seen.recv().unwrap();
        assert_eq!(tally.counts().dropped(Cause::QueueFull), 9950);
        assert!(!destination.flush(Instant::now() + Duration::from_millis(20)));
        assert!(!destination.shutdown(Instant::now() + Duration::from_millis(20)));
        let counts = tally.counts();
        assert_eq!((counts.delivered, counts.dropped(Cause::Shutdown)), (0, 50));
    }
}

#[test]
fn a_server_that_is_away_at_the_end_costs_no_time() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (destination, tally) = destination(
        &format!("http://{nobody}/"),
        1_000_000,
        Overflow::DropNewest,
    );
    for _ in 0..5 {
        destination.push(Arc::new(spans(1)));
    }
    let before = Instant::now();
    assert!(destination.shutdown(soon()), "all was tried");
    assert!(
        before.elapsed() < LONG / 2,
        "it does not wait for its retries"
    );
    assert_eq!(tally.counts().dropped(Cause::Shutdown), 5);
}

#[cfg(feature = "tls")]
mod secure {
    use super::*;
    use crate::config::Tls;
    use crate::otlp::testing::{Certificates, serve};

    type Stream = rustls::StreamOwned<rustls::ServerConnection, std::net::TcpStream>;

    fn secure_server(config: rustls::ServerConfig) -> String {
        let config = Arc::new(config);
        let wrap = move |stream| {
            Stream::new(
                rustls::ServerConnection::new(Arc::clone(&config)).unwrap(),
                stream,
            )
        };
        serve(
            vec![Answer::Close(answer("200 OK", "", b"")); 2],
            "https",
            wrap,
        )
        .0
    }

    fn send(url: &str, tls: Tls) -> Result<Accepted, Refused> {
        let backend = Backend {
            tls,
            ..backend(url, Protocol::HttpProtobuf)
        };
        HttpExporter::new(&backend)
            .unwrap()
            .export(&spans(1), soon())
    }

    #[test]
    fn own_authority() {
        let certificates = Certificates::new();
        let url = secure_server(certificates.server("localhost", false));
        let trusting = Tls {
            ca_file: Some(certificates.path("ca.pem")),
            ..Tls::default()
        };
        send(&url, trusting).unwrap();

        let stranger = Certificates::new();
        let url = secure_server(certificates.server("localhost", false));
        let refused = send(
            &url,
            Tls {
                ca_file: Some(stranger.path("ca.pem")),
                ..Tls::default()
            },
        );
        assert!(
            matches!(&refused, Err(Refused::Retry { why, .. }) if why.contains("certificate")),
            "{refused:?}"
        );
    }

    #[test]
    fn a_certificate_for_another_host() {
        let certificates = Certificates::new();
        let url = secure_server(certificates.server("example.com", false));
        let trusting = Tls {
            ca_file: Some(certificates.path("ca.pem")),
            ..Tls::default()
        };
        let refused = send(&url, trusting).unwrap_err();
        assert!(why(&refused).contains("not valid for name"), "{refused:?}");
    }

    #[test]
    fn client_certificates() {
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
        let url = secure_server(certificates.server("localhost", true));
        send(&url, named).unwrap();
        let url = secure_server(certificates.server("localhost", true));
        assert!(matches!(send(&url, nameless), Err(Refused::Retry { .. })));
    }

    #[test]
    fn a_server_that_hangs_before_it_shakes_hands() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let certificates = Certificates::new();
        let tls = Tls {
            ca_file: Some(certificates.path("ca.pem")),
            ..Tls::default()
        };
        let backend = Backend {
            timeout: Duration::from_millis(50),
            tls,
            ..backend(&url, Protocol::HttpProtobuf)
        };
        let refused = HttpExporter::new(&backend)
            .unwrap()
            .export(&spans(1), soon())
            .unwrap_err();
        assert!(why(&refused).contains("no answer within"), "{refused:?}");
    }

    #[test]
    fn plain_http_to_a_secure_port_and_the_reverse() {
        let certificates = Certificates::new();
        let url = secure_server(certificates.server("localhost", false)).replace("https", "http");
        assert!(send(&url, Tls::default()).is_err());
        let (url, _seen) = server(vec![Answer::Close(
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        )]);
        let trusting = Tls {
            ca_file: Some(certificates.path("ca.pem")),
            ..Tls::default()
        };
        assert!(send(&url.replace("http", "https"), trusting).is_err());
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_names_the_feature_it_needs() {
    let error =
        HttpExporter::new(&backend("https://localhost/", Protocol::HttpProtobuf)).unwrap_err();
    assert!(error.to_string().contains("cargo feature `tls`"), "{error}");
}
