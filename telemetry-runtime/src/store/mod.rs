//! Baselines and drift events that outlive the process.
//!
//! A [`Store`] keeps, for each tool of a service, version and environment, what is normal for
//! it, and the events that were raised. A process starts from what is stored, adds what it learns,
//! and says what it sees; several processes do so at once. `store`, `store_file` and `store_url`
//! of the configuration choose one; the command `telemetry drift` looks into it.
//!
//! # What several processes do to one baseline
//!
//! Each adds the calls by which its own has grown, never the whole: the stored histogram holds
//! every call once, whoever saw it. A batch is one transaction, and is applied once however often it
//! is handed in.
//!
//! # Versions
//!
//! A version of a service has baselines of its own. Until they hold 1,000 calls, those of the
//! version that was last active before are merged in: so a new version is compared with the old one from
//! its first call on. What was accepted as a new normal stands alone.
//!
//! # Accept and reset
//!
//! They concern baselines that processes hold in memory too. Each leaves a [`Mark`], which those
//! processes are told with their next batch.

mod batch;
mod choice;
mod error;
mod keeper;
mod open;
#[cfg(feature = "postgres")]
mod postgres;
mod selection;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod stored;
mod tables;

use std::time::SystemTime;

pub use batch::{Batch, Decision, Mark, Writer};
pub use choice::{Start, start_from};
pub use error::StoreError;
pub(crate) use keeper::{Keeper, Watched};
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub(crate) use open::look_into;
pub(crate) use open::start;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use selection::{EventQuery, Selection};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use stored::{Found, StoredBaseline, StoredEvent};

/// Where baselines and events are kept. Every call blocks for as long as the database takes.
pub trait Store: Send {
    /// The selected baselines, by service, environment, tool and version.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn baselines(&mut self, selection: &Selection) -> Result<Found<StoredBaseline>, StoreError>;

    /// The selected events, the oldest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn events(&mut self, query: &EventQuery) -> Result<Found<StoredEvent>, StoreError>;

    /// Adds what a process has learned and seen; gives what others have decided since.
    /// Changes of tools about which something was decided are left out.
    ///
    /// # Errors
    ///
    /// Nothing was added, or it is not known whether it was; the same batch may be handed in again.
    fn write(&mut self, batch: &Batch) -> Result<Vec<Mark>, StoreError>;

    /// What the selected tools do now is their new normal: their baselines are learned anew, by
    /// the processes that run too. Gives the number of baselines.
    ///
    /// # Errors
    ///
    /// Nothing was changed.
    fn accept(&mut self, selection: &Selection) -> Result<u64, StoreError>;

    /// Forgets the selected baselines, in the processes that run too. Gives their number.
    ///
    /// # Errors
    ///
    /// Nothing was changed.
    fn reset(&mut self, selection: &Selection) -> Result<u64, StoreError>;

    /// Forgets the selected events. Gives their number.
    ///
    /// # Errors
    ///
    /// Nothing was changed.
    fn clear_events(&mut self, selection: &Selection) -> Result<u64, StoreError>;

    /// Forgets events, marks and writers from before that moment. Gives the number of events.
    ///
    /// # Errors
    ///
    /// Nothing was changed.
    fn prune(&mut self, before: SystemTime) -> Result<u64, StoreError>;

    /// [`Mark::id`] of the last mark; 0 where there is none.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn last_mark(&mut self) -> Result<i64, StoreError>;

    /// Where it is, for people; without a password.
    fn place(&self) -> String;
}
