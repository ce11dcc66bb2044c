//! A small server for HTTP/1.1 that takes requests and answers 200.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A request that has been read whole.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `/v1/traces`
    pub path: String,
    /// `content-encoding: gzip`
    pub gzip: bool,
    /// As it came.
    pub body: Vec<u8>,
}

/// Listens until the process ends, a thread a connection; gives the address:
/// `http://127.0.0.1:1234`.
///
/// # Errors
///
/// When no port can be had.
pub fn listen(take: impl Fn(Request) + Send + Sync + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let take = Arc::new(take);
    thread::Builder::new()
        .name("server".into())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let take = Arc::clone(&take);
                // A client that hangs up is no fault.
                thread::spawn(move || drop(serve(stream, &*take)));
            }
        })?;
    Ok(format!("http://{address}"))
}

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

fn serve(mut stream: TcpStream, take: &impl Fn(Request)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = request(&mut reader)? {
        take(request);
        stream.write_all(ANSWER)?;
    }
    Ok(())
}

/// The next request; `None` where there is no other.
///
/// # Errors
///
/// When it is none, or the client hangs up in the middle.
pub fn request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut request = Request {
        path: line.split(' ').nth(1).unwrap_or_default().to_owned(),
        ..Request::default()
    };
    let mut length = Some(0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim();
        match &*name.to_ascii_lowercase() {
            "content-length" => length = Some(value.parse().map_err(io::Error::other)?),
            "transfer-encoding" => length = None,
            "content-encoding" => request.gzip = value == "gzip",
            _ => {}
        }
    }
    request.body = match length {
        Some(length) => exactly(reader, length)?,
        None => chunks(reader)?,
    };
    Ok(Some(request))
}

fn exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body)?;
    Ok(body)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        body.append(&mut exactly(reader, length)?);
        // The end of the chunk's line.
        line.clear();
        reader.read_line(&mut line)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_by_length_and_in_chunks() {
        let mut bytes: &[u8] = b"POST /v1/traces HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
            POST /v1/metrics HTTP/1.1\r\ntransfer-encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n\
            2\r\nde\r\n1\r\nf\r\n0\r\n\r\n";
        let first = request(&mut bytes).unwrap().unwrap();
        assert_eq!(
            (&*first.path, first.gzip, &*first.body),
            ("/v1/traces", false, &b"abc"[..])
        );
        let second = request(&mut bytes).unwrap().unwrap();
        assert_eq!(
            (&*second.path, second.gzip, &*second.body),
            ("/v1/metrics", true, &b"def"[..])
        );
        assert!(request(&mut bytes).unwrap().is_none());
    }
}
