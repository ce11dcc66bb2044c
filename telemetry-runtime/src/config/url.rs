//! The URL of a server, taken apart as far as a configuration must understand it.

use std::fmt;
use std::net::Ipv6Addr;

/// `scheme://user@host:port/path?query`; without a scheme only `host:port` and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// `http` or `https`, or what else it may be.
    pub(crate) scheme: Option<&'static str>,
    user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// Empty, or begins with `/`.
    pub(crate) path: String,
    query: Option<String>,
}

impl Url {
    pub(crate) const HTTP: Schemes = Schemes {
        names: &["http", "https"],
        other: "a URL whose scheme is neither http nor https",
    };
    pub(crate) const DATABASE: Schemes = Schemes {
        names: &["postgres", "postgresql"],
        other: "a URL whose scheme is not postgres",
    };

    /// The URL of an HTTP server.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        Self::parse_as(text, Self::HTTP)
    }

    /// What is wrong is told without the URL, which may hold a password.
    pub(crate) fn parse_as(text: &str, schemes: Schemes) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("an empty URL");
        }
        if text.len() > 2048 {
            return Err("a URL of more than 2048 bytes");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("a URL with a space or control character in it");
        }
        if text.contains('#') {
            return Err("a URL with a fragment (#…)");
        }
        let (scheme, rest) = schemes.split(text)?;
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_end);
        let (user, host) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| {
                (Some(user.to_owned()), host)
            });
        let (host, port) = host_and_port(host)?;
        let (path, query) = rest
            .split_once('?')
            .map_or((rest, None), |(path, query)| (path, Some(query.to_owned())));
        Ok(Self {
            scheme,
            user,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
            query,
        })
    }

    /// Without path and query, which gRPC has no use for.
    pub(crate) fn authority_only(mut self) -> Self {
        self.path.clear();
        self.query = None;
        self
    }

    /// `localhost`, a loopback address, or a name without a dot (a container's neighbour).
    pub(crate) fn is_near(&self) -> bool {
        self.host == "[::1]" || self.host.starts_with("127.") || !self.host.contains(['.', '['])
    }

    /// For people: user part and query are replaced.
    pub(crate) fn masked(&self) -> String {
        let masked = Self {
            user: self.user.as_ref().map(|_| "[redacted]".to_owned()),
            query: self.query.as_ref().map(|_| "[redacted]".to_owned()),
            ..self.clone()
        };
        masked.to_string()
    }
}

/// The schemes that a URL may have.
#[derive(Clone, Copy)]
pub(crate) struct Schemes {
    names: &'static [&'static str],
    /// What is said of another one.
    other: &'static str,
}

impl Schemes {
    fn split(self, text: &str) -> Result<(Option<&'static str>, &str), &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok((None, text));
        };
        let name = self
            .names
            .iter()
            .find(|name| name.eq_ignore_ascii_case(scheme));
        name.map(|name| (Some(*name), rest)).ok_or(self.other)
    }
}

/// `host`, `host:port`, `[::1]`, `[::1]:port`.
pub(crate) fn host_and_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match text.find(']') {
        Some(end) => text.split_at(end + 1),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    if host.is_empty() {
        return Err("no host");
    }
    let is_address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
    let is_name = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if !is_address && !is_name {
        return Err("a host with characters that no host has");
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        Some(digits) if digits.chars().all(|c| c.is_ascii_digit()) => match digits.parse() {
            Ok(port) => Ok((host, Some(port))),
            Err(_) => Err("a port outside 0 to 65535"),
        },
        _ => Err("a port that is no number"),
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_back_as_they_were() {
        for text in [
            "http://localhost:4318/v1/traces",
            "https://api.honeycomb.io",
            "http://[::1]:4317",
            "https://user:pass@host.example/otlp/v1/traces?token=1",
            "otel-collector:4317",
            "http://h?x=y",
        ] {
            assert_eq!(Url::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_ones_are_refused() {
        for text in [
            "",
            "http://",
            "http:///v1",
            "ftp://host",
            "http://host:port",
            "http://host:99999",
            "http://ho st",
            "http://[::1",
            "http://[zz]:1",
            "http://host:4318:1",
            "http://h#f",
            "://x",
            "http://host:",
            "http://höst",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_may_be_secret_is_masked() {
        let url = Url::parse("https://user:pass@host:1/p?key=abc").unwrap();
        assert_eq!(url.masked(), "https://[redacted]@host:1/p?[redacted]");
    }

    #[test]
    fn databases_have_urls_of_their_own() {
        let text = "postgresql://telemetry:s3cret@db.example:5432/telemetry?sslmode=require";
        let url = Url::parse_as(text, Url::DATABASE).unwrap();
        assert_eq!(url.to_string(), text);
        assert_eq!(
            url.masked(),
            "postgresql://[redacted]@db.example:5432/telemetry?[redacted]"
        );
        assert!(Url::parse_as("http://db", Url::DATABASE).is_err());
        assert!(Url::parse("postgres://db").is_err());
    }

    #[test]
    fn near_hosts() {
        for (text, near) in [
            ("localhost:4317", true),
            ("127.0.0.1:4317", true),
            ("[::1]:1", true),
            ("collector:4317", true),
            ("api.honeycomb.io:443", false),
            ("[2001:db8::1]:1", false),
        ] {
            assert_eq!(Url::parse(text).unwrap().is_near(), near, "{text}");
        }
    }
}
