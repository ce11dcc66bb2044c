//! What carries the official exporters' requests.

use std::fmt;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{Request, Response};
use opentelemetry_http::{Bytes, HttpError};

use crate::Error;
use crate::config::Backend;
use crate::export::{Accepted, Refused};
use crate::otlp::http::HttpClient;
use crate::otlp::{accepted, accepted_json};

/// Posts bodies to the backend with the backend's headers; what else a request says is not
/// looked at.
pub(super) struct Client {
    http: HttpClient,
    talk: Arc<Talk>,
}

/// What an exporter says to the client beside its requests, and hears of the answer beside
/// an opaque error.
#[derive(Debug, Default)]
pub(super) struct Talk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// None: only the backend's timeout counts.
    deadline: Option<Instant>,
    /// The last attempt's.
    answer: Option<Result<Accepted, Refused>>,
}

impl Client {
    pub(super) fn new(backend: &Backend) -> Result<(Self, Arc<Talk>), Error> {
        let talk = Arc::new(Talk::default());
        let http = HttpClient::new(backend)?;
        let client = Self {
            http,
            talk: Arc::clone(&talk),
        };
        Ok((client, talk))
    }

    /// The URL without user part and query.
    pub(super) fn shown(&self) -> String {
        self.http.shown().to_owned()
    }

    fn send(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("application/x-protobuf");
        let body = plain(request)?;
        let deadline = self.talk.deadline();
        let response = match self.http.post(content_type, &body, deadline) {
            Ok(response) => response,
            Err(refused) => return Err(self.talk.refuse(refused)),
        };
        let mut answer = Response::new(Bytes::copy_from_slice(&response.body));
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers.clone();
        let taken = self.http.taken(response);
        self.talk.lock().answer = Some(taken.map(|response| match response.is_json() {
            Some(true) => accepted_json(&response.body),
            _ => accepted(&response.body),
        }));
        Ok(answer)
    }
}

/// The body uncompressed: our client compresses as the configuration says. Where some other
/// crate has switched the official exporter's gzip on, a variable makes it compress too.
fn plain(request: &Request<Bytes>) -> Result<Bytes, HttpError> {
    match request.headers().get(CONTENT_ENCODING) {
        None => Ok(request.body().clone()),
        Some(encoding) if encoding == "gzip" => {
            let mut plain = Vec::new();
            GzDecoder::new(request.body().as_ref()).read_to_end(&mut plain)?;
            Ok(plain.into())
        }
        Some(_) => Err("only gzip can be sent; unset OTEL_EXPORTER_OTLP_COMPRESSION".into()),
    }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

/// As the attribute `async_trait` would write it.
impl opentelemetry_http::HttpClient for Client {
    /// It blocks: the exporters run on threads that wait for nothing else.
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Sending<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { self.send(&request) })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.http.shown()).finish()
    }
}

impl Talk {
    /// Before an export.
    pub(super) fn begin(&self, deadline: Instant) {
        *self.lock() = State {
            deadline: Some(deadline),
            answer: None,
        };
    }

    /// After it: the backend's own answer, unless it never came to that.
    pub(super) fn outcome(&self, said: Result<(), String>) -> Result<Accepted, Refused> {
        match (self.lock().answer.take(), said) {
            (Some(Err(refused)), _) => Err(refused),
            (Some(Ok(accepted)), Ok(())) => Ok(accepted),
            (None, Ok(())) => Ok(Accepted::default()),
            (_, Err(why)) => Err(Refused::Lost { why }),
        }
    }

    fn deadline(&self) -> Instant {
        let far = || Instant::now() + Duration::from_secs(3_600);
        self.lock().deadline.unwrap_or_else(far)
    }

    /// Keeps why, for who asks for the outcome.
    fn refuse(&self, refused: Refused) -> HttpError {
        let (Refused::Retry { why, .. } | Refused::Lost { why }) = &refused;
        let error = why.clone().into();
        self.lock().answer = Some(Err(refused));
        error
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::GzEncoder;

    use super::*;

    fn request(encoding: Option<&str>, body: Vec<u8>) -> Request<Bytes> {
        let request = Request::post("/");
        let request = match encoding {
            Some(encoding) => request.header(CONTENT_ENCODING, encoding),
            None => request,
        };
        request.body(body.into()).unwrap()
    }

    #[test]
    fn what_a_variable_had_compressed_is_uncompressed() {
        let mut gzipped = vec![];
        let mut encoder = GzEncoder::new(&b"spans"[..], Compression::fast());
        encoder.read_to_end(&mut gzipped).unwrap();
        assert_eq!(plain(&request(Some("gzip"), gzipped)).unwrap(), "spans");
        assert_eq!(plain(&request(None, b"spans".to_vec())).unwrap(), "spans");
        assert!(plain(&request(Some("gzip"), b"spans".to_vec())).is_err());
        assert!(plain(&request(Some("zstd"), vec![])).is_err());
    }
}
