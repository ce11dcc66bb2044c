//! What the transports' tests talk to: hand-written servers that behave as servers should not, and
//! certificates of their own.

#![cfg_attr(
    not(feature = "otlp-http"),
    expect(dead_code, reason = "gRPC's tests need less")
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::{Backend, Protocol, Secret, Tls};
use crate::export::{Batch, Lane, Signal};

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn backend(endpoint: &str, protocol: Protocol) -> Backend {
    Backend {
        endpoint: endpoint.to_owned(),
        protocol,
        headers: vec![(
            "authorization".to_owned(),
            Secret("Bearer hush-hush".to_owned()),
        )],
        timeout: LONG,
        gzip: false,
        tls: Tls::default(),
    }
}

/// A batch as it comes from the encoder.
pub(crate) fn spans(count: u64) -> Batch {
    use super::span::{SpanData, StaticParts, StaticSpan, Status, TraceEncoder};

    let mut encoder = TraceEncoder::new(&super::Resource::new([]));
    let parts = StaticParts::new(&StaticSpan {
        name: "tool.test",
        kind: crate::call::tool::SpanKind::Internal,
        attributes: &[],
    });
    for _ in 0..count {
        let span = SpanData {
            trace_id: [1; 16],
            span_id: [2; 8],
            parent: None,
            trace_state: "",
            sampled: true,
            start: 1,
            end: 2,
            parts: &parts,
            status: Status::Unset,
            outcome: "success",
            duration_ms: 1.0,
            slow: false,
            error_type: None,
        };
        encoder.push(&span, |_| {});
    }
    let batch = encoder.close().unwrap();
    Batch {
        signal: Signal::Traces,
        lane: Lane::Calls,
        items: batch.items,
        body: batch.body.clone(),
    }
}

/// The same of log records.
#[cfg(feature = "logs")]
pub(crate) fn logs(count: u64) -> std::sync::Arc<Batch> {
    use super::logs::{LogData, LogEncoder, Severity, SpanRef};

    let mut encoder = LogEncoder::new(&super::Resource::new([]), Lane::Lines);
    for time in 1..=count {
        let log = LogData {
            time,
            observed: time,
            severity: Severity::Warn,
            span: Some(SpanRef {
                trace_id: [1; 16],
                span_id: [2; 8],
                sampled: true,
            }),
            event_name: "tool.call",
            body: "a line",
        };
        encoder.push(&log, |log| log.double("duration_ms", 1.5));
    }
    encoder.close().unwrap()
}

pub(crate) fn soon() -> Instant {
    Instant::now() + LONG
}

/// A request as a server saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Method, path, version.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Which of the server's connections it came on.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// These bytes, and the connection stays.
    Stay(Vec<u8>),
    /// These bytes, and the connection is closed.
    Close(Vec<u8>),
    /// Nothing, and the connection stays until the client has gone.
    Hang,
    /// These bytes, then nothing.
    Stall(Vec<u8>),
}

/// A status, headers and a body, with the body's length.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Serves one request after the other with one answer after the other. Gives the URL and what came.
pub(crate) fn server(answers: Vec<Answer>) -> (String, Receiver<Seen>) {
    serve(answers, "http", |stream| stream)
}

/// The same behind whatever `wrap` makes of a connection.
pub(crate) fn serve<S: Read + Write>(
    answers: Vec<Answer>,
    scheme: &str,
    mut wrap: impl FnMut(TcpStream) -> S + Send + 'static,
) -> (String, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "{scheme}://localhost:{}/v1/traces?key=hush-query",
        listener.local_addr().unwrap().port()
    );
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut answers = answers.into_iter();
        for (connection, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(wrap(stream.unwrap()));
            while let Some(seen) = read(&mut stream, connection) {
                let _ = sender.send(seen);
                let Some(answer) = answers.next() else { return };
                let stays = match answer {
                    Answer::Stay(bytes) => stream.get_mut().write_all(&bytes).is_ok(),
                    Answer::Close(bytes) => stream.get_mut().write_all(&bytes).is_err(),
                    Answer::Hang => true,
                    Answer::Stall(bytes) => {
                        let _ = stream.get_mut().write_all(&bytes);
                        true
                    }
                };
                let _ = stream.get_mut().flush();
                if !stays {
                    break;
                }
            }
        }
    });
    (url, receiver)
}

/// One request; `None` when the client has gone.
fn read(stream: &mut impl BufRead, connection: usize) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Seen {
        line: lines.swap_remove(0),
        headers,
        body,
        connection,
    })
}

/// A certificate authority, and what it signed, as files.
#[cfg(feature = "tls")]
pub(crate) struct Certificates {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) ca: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
}

#[cfg(feature = "tls")]
impl Certificates {
    pub(crate) fn new() -> Self {
        let mut params = rcgen::CertificateParams::new([]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap())
            .unwrap();
        let certificates = Self {
            folder: tempfile::tempdir().unwrap(),
            ca,
        };
        certificates.write("ca.pem", &certificates.ca.pem());
        certificates
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// `<name>.pem` and `<name>.key` for `host`.
    pub(crate) fn sign(&self, name: &str, host: &str) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.ca).unwrap();
        self.write(&format!("{name}.pem"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
        (certificate, key)
    }

    /// What a server needs; with `clients` it lets in only whom the authority signed.
    pub(crate) fn server(&self, host: &str, clients: bool) -> rustls::ServerConfig {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};

        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let (certificate, key) = self.sign("server", host);
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.ca.der().clone()).unwrap();
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if clients {
            let verifier =
                rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                    .build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        builder.with_single_cert(chain, key).unwrap()
    }
}
