//! What stands before Loki: it lets everything through, or behaves as a Loki that is ill.

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use telemetry_lab_harness::server::request;

/// What it does with each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything goes to Loki and back.
    Pass,
    /// Nobody listens.
    Closed,
    /// Takes everything and never answers.
    Silent,
    /// Answers so to every request.
    Status(u16),
}

/// A port that leads to Loki's.
pub(crate) struct Gate {
    address: SocketAddr,
    loki: u16,
    mode: Arc<Mutex<Mode>>,
    /// Those who wait for an answer that never comes.
    silent: Arc<Mutex<Vec<TcpStream>>>,
}

impl Gate {
    pub(crate) fn open(loki: u16, mode: Mode) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let gate = Self {
            address: listener.local_addr()?,
            loki,
            mode: Arc::new(Mutex::new(mode)),
            silent: Arc::default(),
        };
        if mode != Mode::Closed {
            gate.listen(listener);
        }
        Ok(gate)
    }

    pub(crate) fn push_url(&self) -> String {
        format!("http://{}/loki/api/v1/push", self.address)
    }

    pub(crate) fn set(&self, mode: Mode) {
        let before = std::mem::replace(&mut *lock(&self.mode), mode);
        for stream in lock(&self.silent).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if before == Mode::Closed
            && let Ok(listener) = TcpListener::bind(self.address)
        {
            self.listen(listener);
        }
    }

    /// Until the process ends.
    fn listen(&self, listener: TcpListener) {
        let (loki, mode, silent) = (self.loki, Arc::clone(&self.mode), Arc::clone(&self.silent));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mode, silent) = (Arc::clone(&mode), Arc::clone(&silent));
                // Who hangs up is no fault.
                thread::spawn(move || drop(serve(stream, loki, &mode, &silent)));
            }
        });
    }
}

fn serve(
    mut stream: TcpStream,
    loki: u16,
    mode: &Mutex<Mode>,
    silent: &Mutex<Vec<TcpStream>>,
) -> io::Result<()> {
    let now = *lock(mode);
    if now == Mode::Pass {
        return pass(stream, loki);
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    while request(&mut reader)?.is_some() {
        match *lock(mode) {
            Mode::Status(status) => {
                write!(
                    stream,
                    "HTTP/1.1 {status} On Purpose\r\ncontent-length: 0\r\n\r\n"
                )?;
            }
            Mode::Silent => lock(silent).push(stream.try_clone()?),
            // It is well again, and this is another connection.
            Mode::Pass | Mode::Closed => return Ok(()),
        }
    }
    Ok(())
}

fn pass(stream: TcpStream, loki: u16) -> io::Result<()> {
    let there = TcpStream::connect(("127.0.0.1", loki))?;
    let (mut from, mut to) = (stream.try_clone()?, there.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (there, stream);
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
