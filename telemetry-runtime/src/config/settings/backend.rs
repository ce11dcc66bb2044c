//! A server, and what waits for it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::url::Url;

/// `…_queue_max_bytes`, `…_overflow`: what waits for one destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) max_bytes: usize,
    pub(crate) overflow: Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    DropNewest,
    DropOldest,
    /// The program's own lines wait for room; call logs are dropped, newest first.
    Block,
    /// What finds no room is kept in a file.
    Spill,
}

/// A server: `…_endpoint`, `…_protocol`, `…_headers`, `…_timeout_ms`, `…_compression`, `tls`.
#[derive(Clone)]
pub(crate) struct Backend {
    /// Used as it is for HTTP, path and all; scheme and authority for gRPC.
    pub(crate) endpoint: String,
    pub(crate) protocol: Protocol,
    pub(crate) headers: Vec<(String, Secret)>,
    /// For one attempt, from connecting to the last byte of the answer.
    pub(crate) timeout: Duration,
    pub(crate) gzip: bool,
    pub(crate) tls: Tls,
}

/// Without what the endpoint's user part and query may hold.
impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = Url::parse(&self.endpoint).map(|url| url.masked());
        f.debug_struct("Backend")
            .field("endpoint", &endpoint)
            .field("protocol", &self.protocol)
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("gzip", &self.gzip)
            .field("tls", &self.tls)
            .finish()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    HttpProtobuf,
    HttpJson,
    Grpc,
}

/// `tls`: files in PEM.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    pub(crate) cert_file: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    /// Only these are trusted then.
    pub(crate) ca_file: Option<PathBuf>,
}

/// A value that is never printed.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
