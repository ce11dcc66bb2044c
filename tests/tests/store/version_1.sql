-- The tables as schema version 1 had them.
CREATE TABLE telemetry_baselines (
    service TEXT NOT NULL, environment TEXT NOT NULL, version TEXT NOT NULL, tool TEXT NOT NULL,
    baseline BLOB NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (service, environment, version, tool)
) WITHOUT ROWID;
CREATE TABLE telemetry_events (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL, version TEXT NOT NULL,
    writer TEXT NOT NULL, tool TEXT NOT NULL, at INTEGER NOT NULL, drift_type TEXT NOT NULL,
    severity TEXT NOT NULL, event TEXT NOT NULL
);
CREATE INDEX telemetry_events_by_time ON telemetry_events (at);
CREATE TABLE telemetry_writers (writer TEXT PRIMARY KEY, last_batch INTEGER NOT NULL, seen_at INTEGER NOT NULL);
PRAGMA application_id = 1953262969;
PRAGMA user_version = 1;
