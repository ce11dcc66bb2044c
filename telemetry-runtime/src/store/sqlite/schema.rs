//! The tables, as versions that follow one another.

use rusqlite::Connection;

/// What was added with each version, the first being 1. What has been released never changes.
pub(super) const STEPS: &[&str] = &[
    "CREATE TABLE telemetry_baselines (
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT NOT NULL,
        tool TEXT NOT NULL,
        baseline BLOB NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (service, environment, version, tool)
     ) WITHOUT ROWID;
     CREATE TABLE telemetry_events (
        id TEXT PRIMARY KEY,
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT NOT NULL,
        writer TEXT NOT NULL,
        tool TEXT NOT NULL,
        at INTEGER NOT NULL,
        drift_type TEXT NOT NULL,
        severity TEXT NOT NULL,
        event TEXT NOT NULL
     );
     CREATE INDEX telemetry_events_by_time ON telemetry_events (at);
     CREATE TABLE telemetry_writers (
        writer TEXT PRIMARY KEY,
        last_batch INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
     );",
    "ALTER TABLE telemetry_baselines ADD COLUMN accepted_at INTEGER;
     ALTER TABLE telemetry_events ADD COLUMN accepted_at INTEGER;
     CREATE TABLE telemetry_marks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT,
        tool TEXT NOT NULL,
        decision TEXT NOT NULL,
        at INTEGER NOT NULL,
        writer TEXT NOT NULL
     );",
];

/// `PRAGMA application_id` of our files: "tlmy".
const APPLICATION: i64 = 0x746c_6d79;

/// What a file that opens is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Nothing yet.
    Empty,
    /// Ours, of that version.
    Ours(usize),
    /// A database that somebody else keeps.
    Foreign,
}

/// Reads what is there; fails where it is no database.
pub(super) fn contents(connection: &Connection) -> rusqlite::Result<Contents> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, tables) {
        (APPLICATION, _) => Contents::Ours(usize::try_from(version).unwrap_or(usize::MAX)),
        (0, 0) => Contents::Empty,
        _ => Contents::Foreign,
    })
}

/// Brings the tables to the last version. To be called in a transaction.
pub(super) fn upgrade(connection: &Connection, from: usize) -> rusqlite::Result<()> {
    for step in STEPS.iter().skip(from) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", STEPS.len() as i64)
}
