//! The thread that listens, and its end.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, Scope, sleep};
use std::time::Duration;

use super::connection::{self, Pages};
use super::format::Format;
use super::labels;
use super::others::Others;
use super::page::{self, Page};
use super::zeroes::Shown;
use crate::metrics::{HealthPoint, Snapshot};

/// A thread's name may have 15 bytes on Linux; the rest is cut there.
const THREAD: &str = "telemetry-prometheus";
/// Scrapers are few; anything more is a mistake or an attack.
const MAX_CONNECTIONS: usize = 8;

/// Serves the metrics until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "the endpoint is gone when this is dropped"]
pub(crate) struct PrometheusServer {
    address: SocketAddr,
    pub(super) shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl PrometheusServer {
    /// Listens on `listen`, an address or host name with a port; port 0 takes any free one.
    /// `source` is asked once a scrape; `resource` becomes the labels of `target_info`.
    pub(crate) fn start(
        listen: &str,
        source: impl Fn() -> (Snapshot, Vec<HealthPoint>) + Send + Sync + 'static,
        resource: Vec<(String, String)>,
        environment: String,
    ) -> Result<Self, String> {
        let failed = |why: io::Error| format!("prometheus_listen {listen:?}: {why}");
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::<Shared>::default();
        let endpoint = Endpoint {
            source,
            target: labels::of(
                resource
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str())),
            ),
            environment,
            shown: Shown::default(),
            shared: Arc::clone(&shared),
        };
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || endpoint.run(&listener))
            .map_err(failed)?;
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens, with the port that port 0 became.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for PrometheusServer {
    fn drop(&mut self) {
        self.shared.connections.close();
        // Only a connection ends a blocking `accept`. Where none can be made, the thread is
        // left to itself rather than waited for.
        let woken = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if let Some(thread) = self.thread.take()
            && woken.is_ok()
        {
            // Its panics have been caught and answered already.
            let _ = thread.join();
        }
    }
}

/// An address to connect to, where `address` may stand for all of the machine's.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// What the server's owner and its thread both have.
#[derive(Debug, Default)]
pub(super) struct Shared {
    connections: Connections,
    pub(super) others: Others,
}

/// The open connections, by number, and whether more are taken.
#[derive(Debug, Default)]
struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    closed: bool,
    streams: HashMap<u64, Arc<TcpStream>>,
}

impl Connections {
    fn close(&self) {
        let mut open = self.open();
        open.closed = true;
        for stream in open.streams.values() {
            // It fails where the client was quicker.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is served, and to whom.
struct Endpoint<S> {
    source: S,
    target: String,
    environment: String,
    shown: Shown,
    shared: Arc<Shared>,
}

impl<S: Fn() -> (Snapshot, Vec<HealthPoint>) + Sync> Endpoint<S> {
    /// A thread a connection, all of them ended when this returns.
    fn run(&self, listener: &TcpListener) {
        std::thread::scope(|scope| {
            for number in 0.. {
                let accepted = listener.accept();
                if self.shared.connections.open().closed {
                    break;
                }
                match accepted {
                    Ok((stream, _)) => self.admit(scope, number, Arc::new(stream)),
                    // Such as no free file descriptor: it passes, or it does not.
                    Err(_) => sleep(Duration::from_millis(100)),
                }
            }
        });
    }

    fn admit<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        number: u64,
        stream: Arc<TcpStream>,
    ) {
        let mut open = self.shared.connections.open();
        if open.streams.len() >= MAX_CONNECTIONS {
            drop(open);
            return connection::turn_away(&stream);
        }
        open.streams.insert(number, Arc::clone(&stream));
        drop(open);
        let serve = move || {
            // The hook has printed it; the client sees an answer that ends too early.
            let _ = catch_unwind(AssertUnwindSafe(|| connection::serve(&stream, self)));
            self.shared.connections.open().streams.remove(&number);
        };
        if Builder::new()
            .name(THREAD.to_owned())
            .spawn_scoped(scope, serve)
            .is_err()
        {
            self.shared.connections.open().streams.remove(&number);
        }
    }
}

impl<S: Fn() -> (Snapshot, Vec<HealthPoint>) + Sync> Pages for Endpoint<S> {
    fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        let (snapshot, health) = (self.source)();
        let page = Page {
            snapshot: &snapshot,
            health: &health,
            target: &self.target,
            environment: &self.environment,
            others: &self.shared.others,
        };
        let mut zeroes = self.shown.scrape();
        page::write(page, format, &mut zeroes, out)?;
        out.flush()?;
        self.shown.delivered(zeroes);
        Ok(())
    }
}
