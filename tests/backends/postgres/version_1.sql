-- The tables as schema version 1 had them.
CREATE TABLE telemetry_schema (version BIGINT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now());
INSERT INTO telemetry_schema (version) VALUES (1);
CREATE TABLE telemetry_baselines (
    service TEXT NOT NULL, environment TEXT NOT NULL, version TEXT NOT NULL, tool TEXT NOT NULL,
    baseline BYTEA NOT NULL, updated_at BIGINT NOT NULL,
    PRIMARY KEY (service, environment, version, tool)
);
CREATE TABLE telemetry_events (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL, version TEXT NOT NULL,
    writer TEXT NOT NULL, tool TEXT NOT NULL, at BIGINT NOT NULL, drift_type TEXT NOT NULL,
    severity TEXT NOT NULL, event TEXT NOT NULL
);
CREATE INDEX telemetry_events_by_time ON telemetry_events (at);
CREATE TABLE telemetry_writers (writer TEXT PRIMARY KEY, last_batch BIGINT NOT NULL, seen_at BIGINT NOT NULL);
