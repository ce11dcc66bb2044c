//! Where requests go: the URL taken apart, its secrets kept apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Uri, header};

use crate::config::Backend;
use crate::error::Error;

/// A backend's URL and headers, checked.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Without user part.
    pub(crate) uri: Uri,
    /// For messages: no user part, no query.
    pub(crate) shown: String,
    /// `https`
    pub(crate) secure: bool,
    /// As configured, and `authorization` from the URL's user part.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Endpoint {
    pub(crate) fn new(backend: &Backend) -> Result<Self, Error> {
        let text = backend.endpoint.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let path = path.split_once('#').map_or(path, |(path, _fragment)| path);
        let shown = format!(
            "{scheme}://{host}{}",
            path.split_once('?').map_or(path, |(path, _query)| path)
        );
        let fault = |why: &str| Error::start("an exporter", format!("{shown}: {why}"));

        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(fault("only http and https URLs can be sent to")),
        };
        let uri: Uri = format!("{}://{host}{path}", if secure { "https" } else { "http" })
            .parse()
            .map_err(|error| fault(&format!("not a URL: {error}")))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(fault("the host is missing"));
        }
        let headers = headers(backend, user).map_err(|why| fault(&why))?;
        Ok(Self {
            shown,
            secure,
            headers,
            uri,
        })
    }

    /// It is on this machine.
    #[cfg(feature = "_http")]
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.uri.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Without the feature `tls` there is no https.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn require_plain(&self) -> Result<(), Error> {
        if self.secure {
            let why = format!(
                "{}: https needs the cargo feature `tls` of telemetry-runtime",
                self.shown
            );
            return Err(Error::start("an exporter", why));
        }
        Ok(())
    }

    /// `text` without anything that a header's value says, in whole or in words: backends like to
    /// quote what they did not accept.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let secrets = self
            .headers
            .iter()
            .filter_map(|(_, value)| value.to_str().ok());
        let words = secrets.clone().flat_map(str::split_whitespace);
        secrets
            .chain(words)
            .filter(|secret| secret.len() >= 6)
            .fold(text.to_owned(), |text, secret| {
                text.replace(secret, "[redacted]")
            })
    }
}

fn headers(
    backend: &Backend,
    user: Option<&str>,
) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let mut headers = Vec::new();
    for (name, value) in &backend.headers {
        let known = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("`{}` cannot be the name of a header", name.escape_default()))?;
        let mut value = HeaderValue::try_from(value.0.as_str()).map_err(|_| {
            format!("the value of the header `{name}` has characters that HTTP does not allow")
        })?;
        value.set_sensitive(true);
        headers.push((known, value));
    }
    if let Some(user) = user
        && !headers
            .iter()
            .any(|(name, _)| name == header::AUTHORIZATION)
    {
        let basic = format!("Basic {}", STANDARD.encode(percent_decoded(user)));
        let mut value =
            HeaderValue::try_from(basic).map_err(|_| "the URL's user part cannot be sent")?;
        value.set_sensitive(true);
        headers.push((header::AUTHORIZATION, value));
    }
    Ok(headers)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match hex
            .filter(|_| byte == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            Some(decoded) => {
                out.push(decoded);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Protocol, Secret, Tls};

    fn endpoint(url: &str, headers: &[(&str, &str)]) -> Result<Endpoint, Error> {
        Endpoint::new(&Backend {
            endpoint: url.to_owned(),
            protocol: Protocol::HttpProtobuf,
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), Secret((*v).to_owned())))
                .collect(),
            timeout: Duration::from_secs(1),
            gzip: false,
            tls: Tls::default(),
        })
    }

    #[test]
    fn user_part_becomes_a_header_and_is_never_shown() {
        let endpoint = endpoint(
            "https://me:p%40ss@example.com:4318/v1/traces?key=hush#x",
            &[],
        )
        .unwrap();
        assert_eq!(endpoint.uri, "https://example.com:4318/v1/traces?key=hush");
        assert_eq!(endpoint.shown, "https://example.com:4318/v1/traces");
        assert_eq!(
            endpoint.headers[0].1,
            format!("Basic {}", STANDARD.encode("me:p@ss"))
        );
        assert!(endpoint.secure);
        assert!(!format!("{endpoint:?}").contains("Basic"));
    }

    #[cfg(feature = "_http")]
    #[test]
    fn loopback_by_name_and_number() {
        for host in [
            "localhost:4318",
            "http://127.0.0.1",
            "http://[::1]:4318/x",
            "http://a.LOCALHOST/",
        ] {
            assert!(endpoint(host, &[]).unwrap().is_loopback(), "{host}");
        }
        for host in [
            "http://example.com",
            "http://10.0.0.1/localhost",
            "http://localhost.example.com",
        ] {
            assert!(!endpoint(host, &[]).unwrap().is_loopback(), "{host}");
        }
    }

    #[test]
    fn faults_name_no_secret() {
        for (url, headers) in [
            ("ftp://me:hush@example.com/?k=hush", &[][..]),
            ("http://me:hush@/v1?k=hush", &[]),
            ("http://me:hush@exa mple.com/?k=hush", &[]),
            ("http://example.com", &[("x-key", "hush\r\nx: y")]),
            ("http://example.com", &[("x key", "hush")]),
            ("", &[]),
        ] {
            let error = endpoint(url, headers).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn quoted_secrets_are_scrubbed() {
        let endpoint = endpoint(
            "http://example.com",
            &[("authorization", "Bearer abcdef123"), ("x", "a")],
        )
        .unwrap();
        assert_eq!(
            endpoint.scrub("bad token abcdef123 a"),
            "bad token [redacted] a"
        );
    }
}
