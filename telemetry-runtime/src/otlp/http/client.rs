//! Posts bodies to one URL, within a time, and says what the answer means.

use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use ureq::Agent;
use ureq::unversioned::transport::DefaultConnector;

use super::super::endpoint::Endpoint;
use super::super::refusal;
use super::names::Names;
use crate::config::Backend;
use crate::error::Error;
use crate::export::Refused;

/// What is read of an answer's body, in bytes.
const LARGEST_ANSWER: u64 = 64 * 1024;
/// Bytes that are handed to the system at a time: so few that they are still near the processor when
/// it takes them.
const OUTPUT: usize = 64 * 1024;

/// One backend over HTTP: connections are kept, redirects are not followed (they would carry the
/// keys elsewhere), the machine's proxy is not asked for loopback.
#[derive(Debug)]
pub(crate) struct HttpClient {
    agent: Agent,
    names: Names,
    endpoint: Endpoint,
    timeout: Duration,
    gzip: bool,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// At most 64 KiB of it.
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    /// Checks URL, headers and TLS files; connects to nothing.
    pub(crate) fn new(backend: &Backend) -> Result<Self, Error> {
        let endpoint = Endpoint::new(backend)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .output_buffer_size(OUTPUT)
            .user_agent(concat!("telemetry-runtime/", env!("CARGO_PKG_VERSION")));
        if endpoint.is_loopback() {
            config = config.proxy(None);
        }
        let config = secured(config, backend, &endpoint)?.build();
        let names = Names::default();
        let connector = DefaultConnector::default();
        Ok(Self {
            agent: Agent::with_parts(config, connector, names.clone()),
            names,
            endpoint,
            timeout: backend.timeout,
            gzip: backend.gzip,
        })
    }

    /// Sends one body, compressed if the backend is configured so, and reads the answer: all within
    /// the backend's timeout, and before `deadline`. Without an answer it is always worth a retry.
    pub(crate) fn post(
        &self,
        content_type: &str,
        body: &[u8],
        deadline: Instant,
    ) -> Result<Response, Refused> {
        let timeout = self
            .timeout
            .min(deadline.saturating_duration_since(Instant::now()));
        let mut request = self
            .agent
            .post(&self.endpoint.uri)
            .header(CONTENT_TYPE, content_type);
        for (name, value) in &self.endpoint.headers {
            request = request.header(name, value);
        }
        let request = request.config().timeout_global(Some(timeout)).build();
        let answer = if self.gzip {
            request.header(CONTENT_ENCODING, "gzip").send(gzipped(body))
        } else {
            request.send(body)
        };
        let mut answer = answer.map_err(|error| self.no_answer(&error, timeout))?;
        let mut body = Vec::new();
        // Half a body is enough: what counts is the status.
        let _ = answer
            .body_mut()
            .as_reader()
            .take(LARGEST_ANSWER)
            .read_to_end(&mut body);
        Ok(Response {
            status: answer.status(),
            headers: std::mem::take(answer.headers_mut()),
            body,
        })
    }

    /// The answer itself where the backend took the body, else what OTLP says of its status: 429,
    /// 502, 503, 504 are tried again, all others are final.
    pub(crate) fn taken(&self, response: Response) -> Result<Response, Refused> {
        self.judged(response, |status| {
            matches!(status.as_u16(), 429 | 502..=504)
        })
    }

    /// The same where other statuses are `worth_a_retry`.
    pub(crate) fn judged(
        &self,
        response: Response,
        worth_a_retry: impl FnOnce(StatusCode) -> bool,
    ) -> Result<Response, Refused> {
        if response.status.is_success() {
            return Ok(response);
        }
        let why = self.why(&response);
        if worth_a_retry(response.status) {
            let after = response.retry_after();
            return Err(Refused::Retry { after, why });
        }
        Err(Refused::Lost { why })
    }

    /// The URL without user part and query.
    pub(crate) fn shown(&self) -> &str {
        &self.endpoint.shown
    }

    fn no_answer(&self, error: &ureq::Error, timeout: Duration) -> Refused {
        self.names.forget();
        let why = match error {
            ureq::Error::Timeout(_) => format!("no answer within {timeout:.1?}"),
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        let why = format!(
            "{}: {}",
            self.shown(),
            self.endpoint.scrub(&refusal::printable(&why))
        );
        Refused::Retry { after: None, why }
    }

    fn why(&self, response: &Response) -> String {
        let text = match response.status {
            status if status.is_redirection() => "redirects are not followed".to_owned(),
            _ => response.message(),
        };
        let text = self.endpoint.scrub(&text);
        let separator = if text.is_empty() { "" } else { ": " };
        format!("{}: {}{separator}{text}", self.shown(), response.status)
    }
}

impl Response {
    /// Whether the body is JSON, by its content type; `None` if it has none.
    pub(crate) fn is_json(&self) -> Option<bool> {
        let content_type = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(content_type.trim_start().starts_with("application/json"))
    }

    /// `Retry-After`, in seconds or as a date.
    fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// What the backend says of a refusal: the message of a `google.rpc.Status`, else the text.
    fn message(&self) -> String {
        let protobuf = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/x-protobuf");
        if protobuf {
            return refusal::status(&self.body)
                .map(|(message, _)| message)
                .unwrap_or_default();
        }
        refusal::printable(&String::from_utf8_lossy(&self.body))
    }
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .expect("a Vec takes all")
}

type Config = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

#[cfg(feature = "tls")]
fn secured(config: Config, backend: &Backend, endpoint: &Endpoint) -> Result<Config, Error> {
    match super::super::tls::Trust::of(backend, endpoint.secure)? {
        Some(trust) => Ok(config.tls_config(trust.for_ureq()?)),
        None => Ok(config),
    }
}

#[cfg(not(feature = "tls"))]
fn secured(config: Config, _backend: &Backend, endpoint: &Endpoint) -> Result<Config, Error> {
    endpoint.require_plain()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    #[test]
    fn fuzz_what_an_answer_says() {
        let inputs = Inputs {
            seeds: &[
                b"120",
                b"Fri, 31 Dec 1999 23:59:59 GMT",
                b"application/json; charset=utf-8",
            ],
            words: &[
                "GMT",
                "Fri",
                "31 Dec",
                "99999",
                ":",
                "application/x-protobuf",
            ],
        };
        let tried = fuzz("headers of an answer", inputs, |bytes| {
            let Ok(value) = HeaderValue::from_bytes(bytes) else {
                return None;
            };
            let headers = [(RETRY_AFTER, value.clone()), (CONTENT_TYPE, value)];
            let response = Response {
                status: StatusCode::SERVICE_UNAVAILABLE,
                headers: headers.into_iter().collect(),
                body: bytes.to_vec(),
            };
            assert!(!response.message().contains(char::is_control));
            let after = response.retry_after().map(|after| after.as_secs().min(9));
            Some((after, response.is_json()))
        });
        assert!(tried.became.len() > 5, "{tried}");
    }
}
