//! The statements that both databases understand; parameters are `$1`, `$2`, …

/// The first four values are those of a selection. The cast tells PostgreSQL the type of what is nothing.
macro_rules! where_selected {
    ($service:literal, $environment:literal, $version:literal, $tool:literal) => {
        concat!(
            " WHERE (CAST(",
            $service,
            " AS TEXT) IS NULL OR service = ",
            $service,
            ")",
            " AND (CAST(",
            $environment,
            " AS TEXT) IS NULL OR environment = ",
            $environment,
            ")",
            " AND (CAST(",
            $version,
            " AS TEXT) IS NULL OR version = ",
            $version,
            ")",
            " AND (CAST(",
            $tool,
            " AS TEXT) IS NULL OR tool = ",
            $tool,
            ")"
        )
    };
}

pub(super) const BASELINES: &str = concat!(
    "SELECT service, environment, version, tool, baseline, updated_at, accepted_at FROM telemetry_baselines",
    where_selected!("$1", "$2", "$3", "$4"),
    " ORDER BY service, environment, tool, version"
);

pub(super) const EVENTS: &str = concat!(
    "SELECT id, service, environment, version, writer, event, accepted_at FROM telemetry_events",
    where_selected!("$1", "$2", "$3", "$4"),
    " AND (CAST($5 AS BIGINT) IS NULL OR at >= $5) ORDER BY at DESC, id DESC LIMIT $6"
);

pub(super) const PUT_BASELINE: &str = "\
    INSERT INTO telemetry_baselines (service, environment, version, tool, baseline, updated_at, accepted_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) \
    ON CONFLICT (service, environment, version, tool) DO UPDATE \
    SET baseline = excluded.baseline, updated_at = excluded.updated_at, accepted_at = excluded.accepted_at";

pub(super) const APPEND_EVENT: &str = "\
    INSERT INTO telemetry_events (id, service, environment, version, writer, tool, at, drift_type, severity, event) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";

pub(super) const DELETE_BASELINES: &str = concat!(
    "DELETE FROM telemetry_baselines",
    where_selected!("$1", "$2", "$3", "$4")
);

pub(super) const DELETE_EVENTS: &str = concat!(
    "DELETE FROM telemetry_events",
    where_selected!("$1", "$2", "$3", "$4")
);

/// To be learned anew, compared with no version before.
pub(super) const ACCEPT_BASELINES: &str = concat!(
    "UPDATE telemetry_baselines SET accepted_at = $1, updated_at = $1, baseline = $6",
    where_selected!("$2", "$3", "$4", "$5")
);

pub(super) const ACCEPT_EVENTS: &str = concat!(
    "UPDATE telemetry_events SET accepted_at = $1",
    where_selected!("$2", "$3", "$4", "$5"),
    " AND accepted_at IS NULL"
);

pub(super) const MARKS: &str = "\
    SELECT id, tool, decision, at FROM telemetry_marks \
    WHERE id > $1 AND service = $2 AND environment = $3 AND (version IS NULL OR version = $4) AND writer <> $5 \
    ORDER BY id";

pub(super) const MARK_ONE: &str = "\
    INSERT INTO telemetry_marks (service, environment, version, tool, decision, at, writer) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// For every tool that has a baseline or an event; for every version where none was named.
pub(super) const MARK_SELECTED: &str = concat!(
    "INSERT INTO telemetry_marks (service, environment, version, tool, decision, at, writer) ",
    "SELECT DISTINCT service, environment, CAST($3 AS TEXT), tool, CAST($5 AS TEXT), CAST($6 AS BIGINT), '' FROM (",
    "SELECT service, environment, version, tool FROM telemetry_baselines UNION ",
    "SELECT service, environment, version, tool FROM telemetry_events) AS known",
    where_selected!("$1", "$2", "$3", "$4")
);
