//! The panels that ask PostgreSQL: their SQL on the tables of a real store, as the role that
//! `deploy/postgres/reader.sh` makes for Grafana.

use std::fs;
use std::process::Command;

use serde_json::Value;
use telemetry_runtime::drift::Growth;
use telemetry_runtime::store::{PostgresStore, Store};
use telemetry_tests::store::{baseline, batch, event, writer};

use super::files::{files, list};
use crate::harness::shipped::deploy;
use crate::harness::{PASSWORD, Postgres};

#[test]
fn every_question_to_postgresql_is_answered() {
    let Some(server) = Postgres::start("stack::store_panels::every_question_is_answered") else {
        return;
    };
    let url = server.url();
    let mut store = PostgresStore::connect(&url, None).unwrap();
    let mut told = batch(&writer("w", "agent", "1"), 1);
    told.growth = vec![Growth::new("rag_query", false, baseline([33.0; 5]))];
    told.events = vec![event("rag_query", 1_000, "rag_query is slower")];
    store.write(&told).unwrap();
    make_reader(&server);

    let mut asked = 0;
    for file in files("grafana/dashboards", "json") {
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let panels = list(&board["panels"]);
        for target in panels.flat_map(|panel| list(&panel["targets"])) {
            let Some(sql) = target["rawSql"].as_str() else {
                continue;
            };
            let sql = sql
                .replace("$__unixEpochFrom()", "0")
                .replace("$__unixEpochTo()", "4000000000");
            let answer = server.query(&format!("SET ROLE grafana_reader; {sql}"));
            assert!(answer.contains("rag_query"), "{sql}\n{answer}");
            asked += 1;
        }
    }
    assert!(asked >= 2, "{asked}");
    let refused = "SET ROLE grafana_reader; DELETE FROM telemetry_events";
    assert!(server.try_query(refused).is_err(), "it may only read");
}

/// As the image of PostgreSQL does when it makes the database, but for the tables, which the store
/// has made by now.
fn make_reader(server: &Postgres) {
    let output = Command::new("sh")
        .arg(deploy().join("postgres/reader.sh"))
        .env("PGPASSWORD", PASSWORD)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", server.port().to_string())
        .env("POSTGRES_USER", "telemetry")
        .env("POSTGRES_DB", "postgres")
        .env("POSTGRES_READER_PASSWORD", "a reader's own")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
