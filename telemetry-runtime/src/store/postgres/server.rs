//! Where the database is, and how it is spoken to.

use std::str::FromStr;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{self, Tls, Url};
use crate::otlp::tls::Trust;
use crate::store::StoreError;

/// A database server, checked as far as that goes without asking it.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) tls: Option<MakeRustlsConnect>,
}

/// The settings of a connection.
pub(crate) struct Server {
    pub(super) parts: Parts,
    pub(super) place: String,
    pub(super) timeout: Duration,
}

impl Server {
    /// # Errors
    ///
    /// The URL has an option that nobody knows, or a certificate cannot be read.
    pub(crate) fn new(settings: &config::Postgres, timeout: Duration) -> Result<Self, StoreError> {
        let place = settings.place.clone();
        let parts = parts(&settings.url.0, settings.near, &settings.tls, timeout)
            .map_err(|why| StoreError::refused(why).at(&place))?;
        Ok(Self {
            parts,
            place,
            timeout,
        })
    }

    pub(super) fn of_url(url: &str, tls: &Tls, timeout: Duration) -> Result<Self, StoreError> {
        let parsed = Url::parse_as(url, Url::DATABASE)
            .ok()
            .filter(|url| url.scheme.is_some())
            .ok_or_else(|| {
                StoreError::refused(
                    "the URL of the store is none: postgres://user:password@host:port/database",
                )
            })?;
        Self::new(
            &config::Postgres {
                url: config::Secret(url.to_owned()),
                place: parsed.masked(),
                near: parsed.is_near(),
                tls: tls.clone(),
            },
            timeout,
        )
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

/// What is wrong is told without the URL.
fn parts(url: &str, near: bool, tls: &Tls, timeout: Duration) -> Result<Parts, String> {
    // Certificates are verified in any case, so these two ask for no more than `require`.
    let url = url
        .replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require");
    let mut config = Config::from_str(&url).map_err(|error| told(&error))?;
    if !url.contains("sslmode=") {
        let trusted = near && tls.ca_file.is_none() && tls.cert_file.is_none();
        config.ssl_mode(if trusted {
            SslMode::Disable
        } else {
            SslMode::Require
        });
    }
    if config.get_application_name().is_none() {
        config.application_name("telemetry");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(timeout);
    }
    config.tcp_user_timeout(timeout);
    config.keepalives_idle(Duration::from_secs(30));
    let tls = match config.get_ssl_mode() {
        SslMode::Disable => None,
        _ => Some(MakeRustlsConnect::new(client(tls)?)),
    };
    Ok(Parts { config, tls })
}

fn client(tls: &Tls) -> Result<ClientConfig, String> {
    Trust::files(tls)?.for_rustls()
}

/// With its causes, which `Display` leaves out.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", error.message(), error.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
