//! Whom `https` trusts, and who we are to it.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::{Backend, Tls};
use crate::error::Error;

const PART: &str = "TLS";

/// Certificates from files or the system's store, checked.
pub(crate) struct Trust {
    roots: Vec<CertificateDer<'static>>,
    client: Option<Client>,
}

/// A client certificate with its chain, and its key, in PEM as they were read.
struct Client {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Trust {
    /// What a backend needs; nothing where neither its URL nor its files speak of TLS.
    pub(crate) fn of(backend: &Backend, secure: bool) -> Result<Option<Self>, Error> {
        let Tls {
            cert_file,
            key_file,
            ca_file,
        } = &backend.tls;
        if !secure && cert_file.is_none() && key_file.is_none() && ca_file.is_none() {
            return Ok(None);
        }
        Self::load(&backend.tls)
            .map(Some)
            .map_err(|why| Error::start(PART, why))
    }

    /// What these files say, or the system's store where they say nothing.
    #[cfg(feature = "postgres")]
    pub(crate) fn files(tls: &Tls) -> Result<Self, String> {
        Self::load(tls)
    }

    fn load(tls: &Tls) -> Result<Self, String> {
        let roots = match &tls.ca_file {
            Some(path) => certificates("tls.ca_file", path, &read("tls.ca_file", path)?)?,
            None => system_store()?,
        };
        let mut store = RootCertStore::empty();
        let (usable, _) = store.add_parsable_certificates(roots.iter().cloned());
        if usable == 0 {
            return Err(match &tls.ca_file {
                Some(path) => format!(
                    "tls.ca_file {}: no certificate in it can be used as a CA",
                    path.display()
                ),
                None => {
                    "no certificate of the system's store can be used; set tls.ca_file".to_owned()
                }
            });
        }
        let client = match (&tls.cert_file, &tls.key_file) {
            (Some(cert), Some(key)) => Some(client(cert, key, store)?),
            (None, None) => None,
            (Some(_), None) => return Err("tls.cert_file needs tls.key_file beside it".to_owned()),
            (None, Some(_)) => return Err("tls.key_file needs tls.cert_file beside it".to_owned()),
        };
        Ok(Self { roots, client })
    }

    /// The same for the HTTP client.
    #[cfg(feature = "_http")]
    pub(crate) fn for_ureq(&self) -> Result<ureq::tls::TlsConfig, Error> {
        use std::sync::Arc;
        use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, TlsConfig, parse_pem};

        let roots = self
            .roots
            .iter()
            .map(|root| Certificate::from_der(root).to_owned());
        let client = match &self.client {
            Some(client) => {
                let chain: Vec<_> = parse_pem(&client.chain)
                    .filter_map(|item| match item {
                        Ok(PemItem::Certificate(certificate)) => Some(certificate),
                        _ => None,
                    })
                    .collect();
                let key =
                    PrivateKey::from_pem(&client.key).map_err(|error| Error::start(PART, error))?;
                Some(ClientCert::new_with_certs(&chain, key))
            }
            None => None,
        };
        Ok(TlsConfig::builder()
            .root_certs(roots.collect::<Vec<_>>().into_iter().into())
            .client_cert(client)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build())
    }
}

#[cfg(feature = "otlp-grpc")]
impl Trust {
    /// The same for tonic.
    pub(crate) fn for_tonic(&self) -> tonic::transport::ClientTlsConfig {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.roots.iter().cloned());
        let config = tonic::transport::ClientTlsConfig::new().trust_anchors(store.roots);
        match &self.client {
            Some(client) => config.identity(tonic::transport::Identity::from_pem(
                &client.chain,
                &client.key,
            )),
            None => config,
        }
    }
}

#[cfg(feature = "postgres")]
impl Trust {
    /// The same for those who use rustls as it is.
    pub(crate) fn for_rustls(&self) -> Result<ClientConfig, String> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.roots.iter().cloned());
        let config =
            ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(store);
        let Some(client) = &self.client else {
            return Ok(config.with_no_client_auth());
        };
        let chain = CertificateDer::pem_slice_iter(&client.chain)
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let key = PrivateKeyDer::from_pem_slice(&client.key).map_err(|error| error.to_string())?;
        config
            .with_client_auth_cert(chain, key)
            .map_err(|error| error.to_string())
    }
}

fn system_store() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found
            .errors
            .first()
            .map_or(String::new(), |error| format!(" ({error})"));
        return Err(format!(
            "the system's certificate store is empty{why}; install CA certificates or set tls.ca_file"
        ));
    }
    Ok(found.certs)
}

/// Certificate and key, seen to belong together: whoever is given others panics at the first request.
fn client(cert: &Path, key: &Path, roots: RootCertStore) -> Result<Client, String> {
    let chain = read("tls.cert_file", cert)?;
    let certificates = certificates("tls.cert_file", cert, &chain)?;
    let pem = read("tls.key_file", key)?;
    let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        format!(
            "tls.key_file {}: no unencrypted private key in PEM found in it",
            key.display()
        )
    })?;
    ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates, secret)
        .map_err(|error| {
            format!(
                "tls.cert_file {} and tls.key_file {}: {error}",
                cert.display(),
                key.display()
            )
        })?;
    Ok(Client { chain, key: pem })
}

fn certificates(
    what: &str,
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!(
            "{what} {}: no certificate in PEM found in it",
            path.display()
        )),
    }
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{what} {}: {error}", path.display()))
}

#[cfg(test)]
#[cfg(all(feature = "trace", any(feature = "otlp-http", feature = "otlp-grpc")))]
mod tests;
