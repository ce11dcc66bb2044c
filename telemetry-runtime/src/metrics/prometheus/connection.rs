//! One connection: one request, one answer, then it is closed.

use std::io::{self, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::format::Format;
use super::request::{self, Method, Request, Unreadable};

/// For the whole head of a request, however slowly its bytes come.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// For the whole answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long we wait for the client to close after us. Closing while it still sends
/// would reset the connection, and it could lose the answer.
const LINGER: Duration = Duration::from_millis(500);
/// Bytes of a chunk.
const CHUNK: usize = 16 * 1024;

/// Writes the page to a client. What it gives back is whether the client took it all.
pub(super) trait Pages {
    fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()>;
}

/// Answers the one request of a connection. A client that fails or stalls is dropped.
pub(super) fn serve(stream: &TcpStream, pages: &impl Pages) {
    let request = request::read(&mut Timed {
        stream,
        until: Instant::now() + READ_TIMEOUT,
    });
    let mut out = Timed {
        stream,
        until: Instant::now() + WRITE_TIMEOUT,
    };
    let answered = match request {
        Ok(request) => answer(&request, pages, &mut out),
        Err(Unreadable::Gone) => return,
        Err(Unreadable::TooLarge) => refuse(&mut out, "431 Request Header Fields Too Large"),
        Err(Unreadable::Malformed) => refuse(&mut out, "400 Bad Request"),
    };
    if answered.is_ok() {
        linger(stream);
    }
}

/// Says that no more connections are taken at the moment.
pub(super) fn turn_away(stream: &TcpStream) {
    let mut out = Timed {
        stream,
        until: Instant::now() + Duration::from_millis(100),
    };
    // Nothing can be done for a client that does not even read this.
    let _ = refuse(&mut out, "503 Service Unavailable");
}

fn answer(request: &Request, pages: &impl Pages, out: &mut impl Write) -> io::Result<()> {
    if request.method == Method::Other {
        return plain(
            out,
            true,
            "405 Method Not Allowed",
            "Allow: GET, HEAD\r\n",
            "Only GET and HEAD.\n",
        );
    }
    let body = request.method == Method::Get;
    match request.path.as_str() {
        "/metrics" => page(request, pages, out),
        "/" => plain(out, body, "200 OK", "", "The metrics are at /metrics.\n"),
        _ => plain(
            out,
            body,
            "404 Not Found",
            "",
            "The metrics are at /metrics.\n",
        ),
    }
}

fn page(request: &Request, pages: &impl Pages, out: &mut impl Write) -> io::Result<()> {
    let encoding = if request.chunks {
        "Transfer-Encoding: chunked\r\n"
    } else {
        ""
    };
    write!(
        out,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nVary: Accept\r\n{encoding}Connection: close\r\n\r\n",
        request.format.content_type(),
    )?;
    if request.method == Method::Head {
        return Ok(());
    }
    if !request.chunks {
        return pages.write(request.format, &mut BufWriter::with_capacity(CHUNK, out));
    }
    pages.write(
        request.format,
        &mut BufWriter::with_capacity(CHUNK, Chunks(&mut *out)),
    )?;
    out.write_all(b"0\r\n\r\n")
}

fn refuse(out: &mut impl Write, status: &str) -> io::Result<()> {
    plain(out, true, status, "", &format!("{status}\n"))
}

fn plain(
    out: &mut impl Write,
    body: bool,
    status: &str,
    headers: &str,
    text: &str,
) -> io::Result<()> {
    let length = text.len();
    let text = if body { text } else { "" };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\n{headers}Connection: close\r\n\r\n{text}",
    );
    out.write_all(answer.as_bytes())
}

fn linger(stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let mut rest = Timed {
        stream,
        until: Instant::now() + LINGER,
    };
    while rest.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
}

/// Reads and writes that are over at one moment, each however long the others took.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(left)
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every write as one chunk of a chunked body.
struct Chunks<W>(W);

impl<W: Write> Write for Chunks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.0.write_all(&chunk)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
