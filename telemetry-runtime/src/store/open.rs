//! From the configuration to a store that is kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::keeper::{Habits, Keeper, Open, Watched};
use super::{Store, StoreError, Writer};
use crate::config::{self, Config, StoreKind};
use crate::error::Error;
use crate::notice::notice;

const PART: &str = "the store";
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Starts what keeps baselines and events, where the configuration asks for it. A store that
/// cannot be reached is no error: it may come.
pub(crate) fn start(config: &Config, watched: Arc<dyn Watched>) -> Result<Option<Keeper>, Error> {
    let settings = &config.store;
    let opened = match &settings.kind {
        StoreKind::None => return Ok(None),
        StoreKind::Sqlite(path) => sqlite(path, settings),
        StoreKind::Postgres(server) => postgres(server, settings)?,
    };
    let Some((name, place, open)) = opened else {
        return Ok(None);
    };
    let habits = Habits {
        interval: settings.interval,
        most_events: settings.queue_max_events,
        retention: settings.retention,
        shortest_wait: SHORTEST_WAIT,
    };
    Keeper::start(name, place, open, writer(config), habits, watched)
        .map(Some)
        .map_err(|why| Error::start(PART, why))
}

/// The configured store as it is: nothing is made.
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub(crate) fn look_into(config: &Config) -> Result<Option<Box<dyn Store>>, StoreError> {
    let settings = &config.store;
    Ok(match &settings.kind {
        StoreKind::None => None,
        StoreKind::Sqlite(path) => Some(Box::new(super::SqliteStore::open_existing(path)?)),
        StoreKind::Postgres(server) => {
            let server = super::postgres::Server::new(server, settings.timeout)?;
            Some(Box::new(super::PostgresStore::connect_to(&server)?))
        }
    })
}

type Opened = Option<(&'static str, String, Open)>;

#[cfg(feature = "sqlite")]
fn sqlite(path: &std::path::Path, settings: &config::Store) -> Opened {
    let (path, patience) = (path.to_owned(), settings.timeout);
    let place = path.display().to_string();
    let open = move || {
        let store = super::SqliteStore::open_with(&path, patience)?;
        if let Some(text) = store.notice() {
            notice(&format!("store {text}"));
        }
        Ok(Box::new(store) as Box<dyn Store>)
    };
    Some(("sqlite", place, Box::new(open)))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_path: &std::path::Path, _settings: &config::Store) -> Opened {
    None
}

#[cfg(feature = "postgres")]
fn postgres(server: &config::Postgres, settings: &config::Store) -> Result<Opened, Error> {
    let server = super::postgres::Server::new(server, settings.timeout)
        .map_err(|why| Error::start(PART, why))?;
    let place = server.place().to_owned();
    let open = move || {
        let store = super::PostgresStore::connect_to(&server)?;
        Ok::<Box<dyn Store>, StoreError>(Box::new(store))
    };
    Ok(Some(("postgres", place, Box::new(open))))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_server: &config::Postgres, _settings: &config::Store) -> Result<Opened, Error> {
    Ok(None)
}

/// This process among all that write to the store: a name that no other has, not in its next
/// life either.
fn writer(config: &Config) -> Writer {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Writer {
        id: format!(
            "{:x}-{:x}-{:016x}",
            std::process::id(),
            now.as_nanos(),
            fastrand::u64(..)
        ),
        service: config.service_name.clone(),
        environment: config.environment.clone(),
        version: config.service_version.clone().unwrap_or_default(),
    }
}
