//! A configuration that was looked at, and not started.

use std::path::Path;

use crate::config::Loaded;

/// What [`Builder::check`](super::Builder::check) has found.
#[derive(Debug)]
pub struct Checked {
    loaded: Loaded,
    missing: Vec<String>,
}

impl Checked {
    pub(super) fn new((loaded, missing): (Loaded, Vec<String>)) -> Self {
        Self { loaded, missing }
    }

    /// The file that was read.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.loaded.file.as_deref()
    }

    /// Every key with its value and where that comes from, a line each; secrets are masked.
    #[must_use]
    pub fn effective(&self) -> String {
        self.loaded.effective.to_string()
    }

    /// What a start would say on standard error: what is ignored, or has no effect.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.loaded.notices
    }

    /// What needs a cargo feature that this build is without, a line each.
    #[must_use]
    pub fn missing_features(&self) -> &[String] {
        &self.missing
    }

    /// `service_name`
    #[must_use]
    pub fn service_name(&self) -> &str {
        &self.loaded.config.service_name
    }

    /// `service_version`
    #[must_use]
    pub fn service_version(&self) -> Option<&str> {
        self.loaded.config.service_version.as_deref()
    }

    /// `environment`
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.loaded.config.environment
    }

    /// Opens the store that `store`, `store_file` and `store_url` name; `None` where they name none.
    /// A file that is not there is not made, and a damaged one stays where it is.
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open_existing`](crate::store::SqliteStore::open_existing) and
    /// [`PostgresStore::connect`](crate::store::PostgresStore::connect).
    #[cfg(all(feature = "sqlite", feature = "postgres"))]
    pub fn store(&self) -> Result<Option<Box<dyn crate::store::Store>>, crate::store::StoreError> {
        crate::store::look_into(&self.loaded.config)
    }
}
