//! What outlives the process.

use std::path::PathBuf;
use std::time::Duration;

use super::{Secret, Tls};

/// `store_*`: what outlives the process of baselines and drift events.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) kind: StoreKind,
    /// `store_interval_ms`
    pub(crate) interval: Duration,
    /// `store_timeout_ms`: for one operation, the wait for a lock or a server included.
    pub(crate) timeout: Duration,
    /// `store_queue_max_events`
    pub(crate) queue_max_events: usize,
    /// `store_retention_days`; `None`: for ever.
    pub(crate) retention: Option<Duration>,
}

/// `store`
#[derive(Clone, Debug)]
pub(crate) enum StoreKind {
    None,
    /// `store_file`
    Sqlite(PathBuf),
    Postgres(Postgres),
}

impl StoreKind {
    /// The value of `store` that means it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

/// `store_url` and `tls`.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) url: Secret,
    /// The URL for people.
    pub(crate) place: String,
    /// On this machine or in a container beside it: TLS only where the URL asks for it.
    pub(crate) near: bool,
    pub(crate) tls: Tls,
}
