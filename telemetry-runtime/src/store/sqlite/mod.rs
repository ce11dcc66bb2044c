//! A store in one file of this machine, shared by the processes that name it.
//!
//! Write-ahead log, one writer at a time; the others wait for it, up to the timeout. Nothing waits
//! for a reader.

mod aside;
mod file;
mod schema;

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql};

use super::error::{Kind, StoreError};
use super::sql::{Connected, Row, Sql, Value};
use file::File;

/// A [`Store`](super::Store) in a SQLite database.
///
/// A file that is no database, or whose pages make no sense, is renamed to
/// `<name>.damaged-<time>`, and a new one begun. A file of a later version of this crate, and
/// a database that is somebody else's, are errors and stay as they are.
///
/// ```
/// use telemetry_runtime::store::{EventQuery, Selection, SqliteStore, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("store-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let mut store = SqliteStore::open(folder.join("telemetry.db"))?;
/// assert!(store.events(&EventQuery::new(Selection::default()))?
///     .rows
///     .is_empty());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteStore(File);

/// What a statement waits for another process, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

impl SqliteStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    ///
    /// It cannot be made or read, or its contents are not ours or of a later version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path.as_ref(), PATIENCE)
    }

    /// Opens a file that is there; makes nothing and sets nothing aside.
    ///
    /// # Errors
    ///
    /// There is none, and as [`open`](Self::open); a damaged file is an error too.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        File::existing(path.as_ref(), PATIENCE).map(Self)
    }

    pub(crate) fn open_with(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        File::open(path, patience).map(Self)
    }

    /// What `open` has done that a person should know: where a damaged file went.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.0.notice()
    }
}

impl Connected for SqliteStore {
    type Connection = File;

    fn connection(&self) -> &File {
        &self.0
    }

    fn connection_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

/// A file that turns out to be damaged is set aside when it is next opened.
impl Sql for File {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.still_there()?;
        // Not deferred: the lock for writing is taken before anything is read.
        self.batch("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        // A full disk has rolled back already.
        if self.connection().is_autocommit() {
            return Ok(());
        }
        self.batch("ROLLBACK")
    }

    fn execute(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError> {
        let changed = self
            .connection()
            .execute(&numbered(statement), rusqlite::params_from_iter(values));
        changed
            .map(|rows| rows as u64)
            .map_err(|error| self.error(&error))
    }

    fn query(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        query(self.connection(), statement, values).map_err(|error| self.error(&error))
    }

    fn place(&self) -> String {
        self.path().display().to_string()
    }
}

fn query(connection: &Connection, statement: &str, values: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare(&numbered(statement))?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns)
            .map(|column| Ok(value(row.get_ref(column)?)))
            .collect::<rusqlite::Result<_>>()?;
        all.push(Row::new(values));
    }
    Ok(all)
}

/// `$1` is a name to SQLite; `?1` is the first parameter.
fn numbered(statement: &str) -> String {
    statement.replace('$', "?")
}

fn value(column: ValueRef<'_>) -> Value {
    match column {
        ValueRef::Null => Value::Nothing,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Integer(number as i64),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Nothing => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What SQLite's codes mean to a caller (<https://sqlite.org/rescode.html>).
fn kind(error: &rusqlite::Error) -> Kind {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Kind::Damaged,
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            Kind::Refused
        }
        Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch) => {
            Kind::Unfit
        }
        _ => Kind::Unavailable,
    }
}

/// In a person's words.
fn told(error: &rusqlite::Error, patience: Duration) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("another process has held its lock for {patience:?}")
        }
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(ErrorCode::ReadOnly) => {
            "it is read-only: baselines are read, nothing is written".to_owned()
        }
        Some(ErrorCode::NotADatabase) => "it is no SQLite database".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => "its contents are damaged".to_owned(),
        Some(ErrorCode::CannotOpen) => {
            format!(
                "it cannot be opened or made: is there such a folder, and may this process write to it? ({error})"
            )
        }
        _ => error.to_string(),
    }
}
