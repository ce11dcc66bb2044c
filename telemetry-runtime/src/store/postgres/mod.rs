//! A store in PostgreSQL, shared by processes and machines.
//!
//! One connection a process, on the store's thread: nothing else asks, so a pool would hold
//! connections that nobody uses. It is made anew after any failure. Versions 13 to 18 of the server
//! have all that is used; 15 is tested.

mod connection;
mod schema;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use super::sql::Connected;
use super::{Store, StoreError};
use crate::config::Tls;
use connection::Connection;
pub(crate) use server::Server;

/// A [`Store`] in a PostgreSQL database: five tables, `telemetry_…`, in the first schema
/// of the search path, which are made when they are not there.
///
/// To be used outside any async runtime: every call blocks.
///
/// ```no_run
/// use telemetry_runtime::store::{PostgresStore, Selection, Store};
///
/// # fn main() -> Result<(), telemetry_runtime::store::StoreError> {
/// let url = "postgres://telemetry:secret@db.example:5432/telemetry";
/// let mut store = PostgresStore::connect(url, None)?;
/// let checkout = Selection::default().service("checkout");
/// println!("{} baselines", store.baselines(&checkout)?.rows.len());
/// # Ok(())
/// # }
/// ```
pub struct PostgresStore(Connection);

const PATIENCE: Duration = Duration::from_secs(5);

impl PostgresStore {
    /// Connects, and brings the tables to this version.
    ///
    /// The server of another machine is spoken to by TLS only, unless the URL says
    /// `sslmode=disable` or `sslmode=prefer`; one of this machine by TLS where the URL says `sslmode=require` or there
    /// is a `ca_file`. Its certificate must be one of the system's trust, or of `ca_file` (PEM).
    ///
    /// # Errors
    ///
    /// The URL is none, the server cannot be reached or refuses, or the tables are of a later version.
    pub fn connect(url: &str, ca_file: Option<PathBuf>) -> Result<Self, StoreError> {
        let tls = Tls {
            ca_file,
            ..Tls::default()
        };
        Self::connect_to(&Server::of_url(url, &tls, PATIENCE)?)
    }

    pub(crate) fn connect_to(server: &Server) -> Result<Self, StoreError> {
        Connection::open(server).map(Self)
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PostgresStore").field(&self.place()).finish()
    }
}

impl Connected for PostgresStore {
    type Connection = Connection;

    fn connection(&self) -> &Connection {
        &self.0
    }

    fn connection_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
