//! The file and the connection to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::aside;
use super::schema::{self, Contents, STEPS};
use super::{kind, told};
use crate::store::error::{Kind, StoreError};

/// An open database of ours.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    connection: Connection,
    identity: Option<Identity>,
    patience: Duration,
    notice: Option<String>,
}

/// What tells a file from another one of the same name: device and inode.
pub(super) type Identity = (u64, u64);

impl File {
    pub(super) fn open(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        match Self::connect(path, patience, OpenFlags::SQLITE_OPEN_CREATE) {
            Err(error) if error.is_damaged() => {
                let aside = aside::set_aside(path)?;
                let mut file = Self::connect(path, patience, OpenFlags::SQLITE_OPEN_CREATE)?;
                file.notice = aside.map(|aside| {
                    format!(
                        "{error}; it is kept as {}, and a new one is begun",
                        aside.display()
                    )
                });
                Ok(file)
            }
            other => other,
        }
    }

    pub(super) fn existing(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        match std::fs::metadata(path) {
            Err(error) => {
                let text = match error.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                    _ => error.to_string(),
                };
                Err(StoreError::refused(text).at(&place))
            }
            Ok(_) => Self::connect(path, patience, OpenFlags::empty()),
        }
    }

    fn connect(path: &Path, patience: Duration, flags: OpenFlags) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        if path.is_dir() {
            return Err(StoreError::refused("it is a folder; store_file names a file").at(&place));
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let tell = |error| match error {
            Unprepared::Sqlite(error) => {
                StoreError::new(kind(&error), told(&error, patience)).at(&place)
            }
            Unprepared::Told(error) => error.at(&place),
        };
        let opened = Connection::open_with_flags(path, flags)
            .map_err(Unprepared::Sqlite)
            .and_then(|connection| prepared(connection, patience));
        let connection = match opened {
            Err(Unprepared::Sqlite(error)) if cannot_keep_a_log(&error, path) => unchanging(path)
                .map_err(Unprepared::Sqlite)
                .and_then(|connection| prepared(connection, patience)),
            other => other,
        };
        Ok(Self {
            connection: connection.map_err(tell)?,
            identity: identity(path),
            path: path.to_owned(),
            patience,
            notice: None,
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    pub(super) fn batch(&self, statements: &str) -> Result<(), StoreError> {
        let done = self.connection.execute_batch(statements);
        done.map_err(|error| self.error(&error))
    }

    pub(super) fn error(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::new(kind(error), told(error, self.patience))
            .at(&self.path.display().to_string())
    }

    /// What is written to a file without a name is lost: somebody has deleted it or set it aside.
    pub(super) fn still_there(&self) -> Result<(), StoreError> {
        if self.identity.is_some() && identity(&self.path) != self.identity {
            let text = "another file stands in its place, or none; it is opened again";
            return Err(StoreError::unavailable(text).at(&self.path.display().to_string()));
        }
        Ok(())
    }
}

enum Unprepared {
    Sqlite(rusqlite::Error),
    Told(StoreError),
}

impl From<rusqlite::Error> for Unprepared {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The log's two files cannot be made on a read-only disk; and without them nobody writes.
fn cannot_keep_a_log(error: &rusqlite::Error, path: &Path) -> bool {
    let log = std::fs::metadata(aside::with(path, "-wal")).map_or(0, |log| log.len());
    kind(error) == Kind::Refused && path.is_file() && log == 0
}

/// Without locks and log, as <https://sqlite.org/uri.html> says of `immutable`.
fn unchanging(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut uri = String::from("file:");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' | '?' | '#' => uri.push_str(&format!("%{:02x}", u32::from(character))),
            other => uri.push(other),
        }
    }
    Connection::open_with_flags(uri + "?immutable=1", flags)
}

fn prepared(mut connection: Connection, patience: Duration) -> Result<Connection, Unprepared> {
    connection.busy_timeout(patience)?;
    let read_only = connection.is_readonly("main")?;
    prepare(&mut connection, read_only)?;
    Ok(connection)
}

/// Makes the tables what they should be; looks whether the pages make sense.
fn prepare(connection: &mut Connection, read_only: bool) -> Result<(), Unprepared> {
    // Contents first: the journal mode is a change to the file, which may not be ours.
    let version = match schema::contents(connection)? {
        Contents::Foreign => {
            return Err(Unprepared::Told(StoreError::refused(
                "it is a database of another program, and left as it is; store_file should name another file",
            )));
        }
        Contents::Ours(version) if version > STEPS.len() => {
            return Err(Unprepared::Told(StoreError::new(
                Kind::Newer,
                format!(
                    "it is of schema version {version}, and this program knows versions up to {}; it is left as it is",
                    STEPS.len()
                ),
            )));
        }
        Contents::Ours(version) => version,
        Contents::Empty => 0,
    };
    if !read_only {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A crash of the machine may take the last transactions, never the file.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    let checked: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if checked != "ok" {
        return Err(Unprepared::Told(StoreError::damaged(format!(
            "its contents are damaged ({checked})"
        ))));
    }
    if version == STEPS.len() {
        return Ok(());
    }
    if read_only {
        return Err(Unprepared::Told(StoreError::refused(format!(
            "it is read-only, and its tables are of version {version} instead of {}",
            STEPS.len()
        ))));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it meanwhile.
    match schema::contents(&transaction)? {
        Contents::Empty => schema::upgrade(&transaction, 0)?,
        Contents::Ours(version) => schema::upgrade(&transaction, version)?,
        Contents::Foreign => {}
    }
    Ok(transaction.commit()?)
}

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}

/// Elsewhere an open file can be neither deleted nor renamed.
#[cfg(not(unix))]
pub(super) fn identity(_path: &Path) -> Option<Identity> {
    None
}
