//! Where a backend is: asked for once in a while, not once a request.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::uri::Scheme;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long an answer holds while the backend answers at the addresses that it gave.
const HOLDS: Duration = Duration::from_secs(60);

/// ureq asks for the addresses of a host before each request, also where a connection is there, and by a
/// thread made for that, so that it can give up waiting: a tenth of what a steady load costs, and a panic
/// where no thread is to be had. Addresses that stand in the URL need no asking, and an answer is remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Mutex<Option<Answer>>>);

#[derive(Debug)]
struct Answer {
    of: Uri,
    at: Instant,
    addresses: Vec<SocketAddr>,
}

impl Names {
    /// The next request asks anew: at the addresses that are known nobody has answered.
    pub(super) fn forget(&self) {
        *self.last() = None;
    }

    fn last(&self) -> MutexGuard<'_, Option<Answer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, uri: &Uri) -> Option<ResolvedSocketAddrs> {
        let last = self.last();
        let fresh = |answer: &&Answer| {
            let same = answer.of.authority() == uri.authority();
            same && answer.of.scheme() == uri.scheme() && answer.at.elapsed() < HOLDS
        };
        let answer = last.as_ref().filter(fresh)?;
        let mut addresses = self.empty();
        answer.addresses.iter().for_each(|one| addresses.push(*one));
        Some(addresses)
    }
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if let Some(address) = address(uri) {
            let mut addresses = self.empty();
            addresses.push(address);
            return Ok(addresses);
        }
        if let Some(addresses) = self.known(uri) {
            return Ok(addresses);
        }
        let addresses = DefaultResolver::default().resolve(uri, config, timeout)?;
        *self.last() = Some(Answer {
            of: uri.clone(),
            at: Instant::now(),
            addresses: addresses.to_vec(),
        });
        Ok(addresses)
    }
}

/// That of a URL whose host is one.
fn address(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = host.parse().ok()?;
    let port = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => 443,
        _ => 80,
    };
    Some(SocketAddr::new(address, uri.port_u16().unwrap_or(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_no_asking() {
        for (url, expected) in [
            ("http://127.0.0.1:4318/v1/traces", Some("127.0.0.1:4318")),
            ("https://[::1]/", Some("[::1]:443")),
            ("http://10.0.0.1", Some("10.0.0.1:80")),
            ("http://localhost:4318", None),
        ] {
            let found = address(&url.parse().unwrap());
            assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{url}");
        }
    }

    #[test]
    fn an_answer_holds_for_its_host_until_it_is_forgotten() {
        let names = Names::default();
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let there = "192.0.2.7:4318".parse().unwrap();
        *names.last() = Some(Answer {
            of: uri("http://collector:4318/v1/traces"),
            at: Instant::now(),
            addresses: vec![there],
        });
        let known = |text| names.known(&uri(text)).map(|all| all.to_vec());
        assert_eq!(known("http://collector:4318/v1/logs"), Some(vec![there]));
        assert_eq!(known("http://collector:4317/"), None);
        assert_eq!(known("https://collector:4318/"), None);
        names.forget();
        assert_eq!(known("http://collector:4318/v1/logs"), None);
    }
}
