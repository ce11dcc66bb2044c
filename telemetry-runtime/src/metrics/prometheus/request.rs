//! Reads the head of one HTTP request.

use std::io::Read;

use super::format::Format;

/// Prometheus sends some 500 bytes and ten headers.
const MAX_HEAD: usize = 8 * 1024;
const MAX_HEADERS: usize = 64;

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Without the query.
    pub(super) path: String,
    pub(super) format: Format,
    /// HTTP/1.1, whose clients know chunked bodies.
    pub(super) chunks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The client went away, or took too long.
    Gone,
    /// Its head is longer than we read.
    TooLarge,
    /// It is not HTTP/1.
    Malformed,
}

/// Reads until the head is complete; `stream` fails when it takes too long.
pub(super) fn read(stream: &mut impl Read) -> Result<Request, Unreadable> {
    let mut head = [0; MAX_HEAD];
    let mut filled = 0;
    loop {
        let (_, space) = head.split_at_mut(filled);
        if space.is_empty() {
            return Err(Unreadable::TooLarge);
        }
        match stream.read(space) {
            Ok(0) | Err(_) => return Err(Unreadable::Gone),
            Ok(read) => filled += read,
        }
        if let Some(request) = parse(&head[..filled])? {
            return Ok(request);
        }
    }
}

/// `None` while the head is not complete.
fn parse(head: &[u8]) -> Result<Option<Request>, Unreadable> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Unreadable::TooLarge),
        Err(_) => return Err(Unreadable::Malformed),
    }
    let path = request.path.unwrap_or_default();
    Ok(Some(Request {
        method: match request.method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            _ => Method::Other,
        },
        path: path.split('?').next().unwrap_or_default().to_owned(),
        format: Format::accepted(&accept(request.headers)),
        chunks: request.version == Some(1),
    }))
}

/// All `Accept` headers as one.
fn accept(headers: &[httparse::Header<'_>]) -> String {
    let values: Vec<_> = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("accept"))
        .map(|header| String::from_utf8_lossy(header.value))
        .collect();
    values.join(",")
}

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    #[test]
    fn fuzz_requests() {
        let inputs = Inputs {
            seeds: &[
                b"GET /metrics?a=b HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n",
                b"HEAD / HTTP/1.0\r\nAccept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1\r\n\r\n",
            ],
            words: &["Accept: ", "\r\n\r\n", ";q=", "application/openmetrics-text", ",", "POST", "/"],
        };
        let tried = fuzz("scrape", inputs, |mut bytes| {
            let request = read(&mut bytes);
            if let Ok(request) = &request {
                assert!(!request.path.contains('?'));
            }
            request
                .map(|request| (request.method == Method::Get, request.format.content_type()))
                .map_err(|why| why as u8)
        });
        assert!(tried.became.len() > 3, "{tried}");
    }
}
