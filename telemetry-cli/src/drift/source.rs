//! The store that is meant, and what of it.

use std::path::Path;

use telemetry_runtime::store::{PostgresStore, Selection, SqliteStore, Store};

use crate::arguments::StoreArguments;
use crate::config;
use crate::failure::Failure;

/// An open store, and what the arguments leave of it.
pub(super) struct Source {
    pub(super) store: Box<dyn Store>,
    pub(super) selection: Selection,
}

impl Source {
    /// By `--store`, else as the configuration says: that one's service and environment then.
    pub(super) fn open(arguments: &StoreArguments) -> Result<Self, Failure> {
        let mut selection = Selection::default();
        let store = match &arguments.store {
            Some(name) => by_name(name, arguments)?,
            None => {
                let checked = config::check(arguments.config.clone())?;
                if checked.file().is_some() {
                    selection = selection
                        .service(checked.service_name())
                        .environment(checked.environment());
                }
                checked.store()?.ok_or_else(|| {
                    Failure::wrong(
                        "no store is named: give --store FILE or --store postgres://…, or --config with a telemetry.yaml that has store_file or store_url",
                    )
                })?
            }
        };
        if let Some(service) = &arguments.service {
            selection = selection.service(service);
        }
        if let Some(environment) = &arguments.environment {
            selection = selection.environment(environment);
        }
        if let Some(version) = &arguments.version {
            selection = selection.version(version);
        }
        Ok(Self { store, selection })
    }
}

fn by_name(name: &str, arguments: &StoreArguments) -> Result<Box<dyn Store>, Failure> {
    if name.contains("://") {
        return Ok(Box::new(PostgresStore::connect(
            name,
            arguments.ca_file.clone(),
        )?));
    }
    Ok(Box::new(SqliteStore::open_existing(Path::new(name))?))
}
