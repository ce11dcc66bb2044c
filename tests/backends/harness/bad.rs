//! Backends that do not do their work. Each lives as long as the test's process.

use std::io::{BufRead, BufReader, Read, Write, copy, sink};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::ports;

/// Nobody listens.
pub(crate) fn refuses() -> String {
    address(ports::free())
}

/// Takes connections and reads, but never says a word.
pub(crate) fn never_answers() -> String {
    serve(|mut connection| _ = copy(&mut connection, &mut sink()))
}

/// Reads each request whole and answers 500.
pub(crate) fn answers_500() -> String {
    serve(|connection| {
        let mut answers = connection.try_clone().expect("a second handle");
        let mut requests = BufReader::new(connection);
        while let Some(length) = head(&mut requests) {
            let mut body = Read::by_ref(&mut requests).take(length);
            let answered = copy(&mut body, &mut sink()).and_then(|_| {
                answers
                    .write_all(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
            });
            if answered.is_err() {
                return;
            }
        }
    })
}

fn serve(connection: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
    let port = ports::free();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = connection.clone();
            thread::spawn(move || connection(stream));
        }
    });
    address(port)
}

/// Reads a request's head; the length of its body. `None` at the connection's end.
fn head(requests: &mut impl BufRead) -> Option<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Some(length);
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v1/traces")
}
