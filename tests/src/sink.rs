//! A server for OTLP over HTTP with protobuf, which can be told to misbehave.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// What it does with each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes it: 200.
    Accept,
    /// Reads it and never answers.
    Silent,
    /// Refuses it with this status.
    Status(u16),
    /// Reads it, and hangs up in the middle of the answer's first line.
    Half,
    /// Takes it: 200, but hangs up before the end of the answer's body.
    Cut,
}

/// Listens on a port of its own until it is dropped.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<Mode>,
    keeps_spans: bool,
    seen: Mutex<Seen>,
    /// Clients that wait for an answer which never comes.
    waiting: Mutex<Vec<TcpStream>>,
    closed: Mutex<bool>,
}

/// What has come. Requests that were not accepted count as requests only.
#[derive(Debug, Default)]
pub struct Seen {
    /// Of both signals.
    pub requests: u64,
    /// How many spans were accepted.
    pub span_count: u64,
    /// They themselves, where they are kept.
    pub spans: Vec<Span>,
    /// In the order in which they came.
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// How many log records were accepted.
    pub log_count: u64,
    /// They themselves, in the order in which they came, where spans are kept.
    pub logs: Vec<LogRecord>,
}

/// An address where nobody listens.
#[must_use]
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    url(listener.local_addr().expect("it is bound"))
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

impl Sink {
    /// Keeps the spans.
    #[must_use]
    pub fn start(mode: Mode) -> Self {
        Self::new(mode, true)
    }

    /// Counts the spans and forgets them.
    #[must_use]
    pub fn counting(mode: Mode) -> Self {
        Self::new(mode, false)
    }

    fn new(mode: Mode, keeps_spans: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            mode: Mutex::new(mode),
            keeps_spans,
            seen: Mutex::default(),
            waiting: Mutex::default(),
            closed: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || listen(&listener, &theirs));
        Self { address, shared }
    }

    /// What `Builder::otlp` takes.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.address)
    }

    /// From the next request on.
    pub fn set_mode(&self, mode: Mode) {
        *lock(&self.shared.mode) = mode;
    }

    /// What has come so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.shared.seen)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        *lock(&self.shared.closed) = true;
        lock(&self.shared.waiting).clear();
        // Ends the `accept` that waits.
        let _ = TcpStream::connect(self.address);
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if *lock(&shared.closed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // A client that hangs up is no fault.
        thread::spawn(move || drop(serve(stream, &shared)));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((path, body)) = request(&mut reader)? {
        lock(&shared.seen).requests += 1;
        let mode = *lock(&shared.mode);
        match mode {
            Mode::Accept => {
                shared.accept(&path, &body);
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
                )?;
            }
            Mode::Status(status) => {
                write!(
                    stream,
                    "HTTP/1.1 {status} On Purpose\r\ncontent-length: 0\r\n\r\n"
                )?;
            }
            Mode::Silent => {
                lock(&shared.waiting).push(stream);
                return Ok(());
            }
            Mode::Half => return write!(stream, "HTTP/1.1 2"),
            Mode::Cut => {
                shared.accept(&path, &body);
                return write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\n");
            }
        }
    }
    Ok(())
}

/// Path and body of the next request; `None` where there is no other.
fn request(reader: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((path, body)))
}

impl Shared {
    fn accept(&self, path: &str, body: &[u8]) {
        match path {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(body).expect("a right request");
                let resources = request.resource_spans.into_iter();
                let scopes = resources.flat_map(|resource| resource.scope_spans);
                let mut seen = lock(&self.seen);
                for scope in scopes {
                    seen.span_count += scope.spans.len() as u64;
                    if self.keeps_spans {
                        seen.spans.extend(scope.spans);
                    }
                }
            }
            "/v1/metrics" => {
                let request = ExportMetricsServiceRequest::decode(body).expect("a right request");
                lock(&self.seen).metrics.push(request);
            }
            "/v1/logs" => {
                let request = ExportLogsServiceRequest::decode(body).expect("a right request");
                let resources = request.resource_logs.into_iter();
                let scopes = resources.flat_map(|resource| resource.scope_logs);
                let mut seen = lock(&self.seen);
                for scope in scopes {
                    seen.log_count += scope.log_records.len() as u64;
                    if self.keeps_spans {
                        seen.logs.extend(scope.log_records);
                    }
                }
            }
            path => panic!("a request to {path}"),
        }
    }
}

impl Seen {
    /// The newest state of the metric of this name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        let newest_first = self.metrics.iter().rev();
        let resources = newest_first.flat_map(|request| &request.resource_metrics);
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        scopes
            .flat_map(|scope| &scope.metrics)
            .find(|metric| metric.name == name)
    }
}

/// The message of a log record.
#[must_use]
pub fn message(record: &LogRecord) -> &str {
    match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        _ => "",
    }
}

/// A text among attributes; empty where there is none.
#[must_use]
pub fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let found = attributes.iter().find(|found| found.key == key);
    let value = found.and_then(|found| found.value.as_ref()?.value.as_ref());
    match value {
        Some(Value::StringValue(text)) => text,
        _ => "",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
