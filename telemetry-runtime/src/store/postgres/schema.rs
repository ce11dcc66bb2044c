//! The tables, as versions that follow one another.

/// What was added with each version, the first being 1. What has been released never changes.
pub(super) const STEPS: &[&str] = &[
    "CREATE TABLE telemetry_baselines (
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT NOT NULL,
        tool TEXT NOT NULL,
        baseline BYTEA NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (service, environment, version, tool)
     );
     CREATE TABLE telemetry_events (
        id TEXT PRIMARY KEY,
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT NOT NULL,
        writer TEXT NOT NULL,
        tool TEXT NOT NULL,
        at BIGINT NOT NULL,
        drift_type TEXT NOT NULL,
        severity TEXT NOT NULL,
        event TEXT NOT NULL
     );
     CREATE INDEX telemetry_events_by_time ON telemetry_events (at);
     CREATE TABLE telemetry_writers (
        writer TEXT PRIMARY KEY,
        last_batch BIGINT NOT NULL,
        seen_at BIGINT NOT NULL
     );",
    "ALTER TABLE telemetry_baselines ADD COLUMN accepted_at BIGINT;
     ALTER TABLE telemetry_events ADD COLUMN accepted_at BIGINT;
     CREATE TABLE telemetry_marks (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        service TEXT NOT NULL,
        environment TEXT NOT NULL,
        version TEXT,
        tool TEXT NOT NULL,
        decision TEXT NOT NULL,
        at BIGINT NOT NULL,
        writer TEXT NOT NULL
     );",
];

/// Holds the version; one row a step.
pub(super) const VERSIONS: &str = "CREATE TABLE telemetry_schema (version BIGINT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())";

/// Of the advisory lock that whoever changes tables or rows holds: "telemtry" in ASCII, which no
/// other program is likely to use.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(8387229063931261561)";
