//! Baselines and events in a real PostgreSQL: shared, interrupted, over TLS, from older tables.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use telemetry_runtime::drift::Growth;
use telemetry_runtime::store::{EventQuery, PostgresStore, Selection, Store};
use telemetry_tests::store::{baseline, batch, contract, event, writer};

use crate::harness::{PASSWORD, Postgres, Program, eventually};

#[test]
fn it_does_what_every_store_does() {
    let Some(server) = Postgres::start("postgres::it_does_what_every_store_does") else {
        return;
    };
    let url = server.url();
    contract(&|| Box::new(PostgresStore::connect(&url, None).unwrap()));
    let tables = server.query("SELECT COUNT(*) FROM pg_tables WHERE tablename LIKE 'telemetry_%'");
    assert_eq!(tables, "5");
}

#[test]
fn processes_that_start_at_once_make_the_tables_once() {
    let Some(server) = Postgres::start("postgres::processes_that_start_at_once") else {
        return;
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| PostgresStore::connect(&server.url(), None).unwrap().place());
        }
    });
    assert_eq!(
        server
            .query("SELECT string_agg(version::text, ',' ORDER BY version) FROM telemetry_schema"),
        "1,2"
    );
}

#[test]
fn older_tables_are_brought_up_with_what_they_hold_and_newer_ones_left() {
    let Some(server) = Postgres::start("postgres::older_tables") else {
        return;
    };
    server.query(include_str!("postgres/version_1.sql"));
    let bytes: String = baseline([5.0; 7])
        .to_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    server.query(&format!(
        "INSERT INTO telemetry_baselines VALUES ('s', 'e', '1', 't', '\\x{bytes}', 1)"
    ));

    let mut store = PostgresStore::connect(&server.url(), None).unwrap();

    let found = store.baselines(&Selection::default()).unwrap().rows;
    assert_eq!(found[0].baseline.as_ref().unwrap().calls(), 7);
    assert_eq!(store.accept(&Selection::default()).unwrap(), 1);
    assert_eq!(
        server.query("SELECT MAX(version) FROM telemetry_schema"),
        "2"
    );

    server.query("INSERT INTO telemetry_schema (version) VALUES (99)");
    let error = PostgresStore::connect(&server.url(), None).unwrap_err();
    assert!(
        error.is_newer() && error.to_string().contains("schema version 99"),
        "{error}"
    );
    assert_eq!(
        server.query("SELECT COUNT(*) FROM telemetry_baselines"),
        "1"
    );
}

#[test]
fn who_is_refused_is_told_why_and_never_with_the_password() {
    let Some(server) = Postgres::start("postgres::who_is_refused") else {
        return;
    };
    let url = server.url();
    for (url, said) in [
        (
            url.replace(PASSWORD, "wr0ng"),
            "password authentication failed",
        ),
        (url.replace("/postgres", "/none"), "does not exist"),
        (url.clone() + "?sslmode=require", "does not support TLS"),
        (url.clone() + "?colour=red", "colour"),
    ] {
        let error = PostgresStore::connect(&url, None).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(
            !error.contains(PASSWORD) && !error.contains("wr0ng"),
            "{error}"
        );
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "postgres://u:p@127.0.0.1:{}/d",
        silent.local_addr().unwrap().port()
    );
    let error = PostgresStore::connect(&url, None).unwrap_err();
    assert!(
        error.is_unavailable() && error.to_string().contains("no answer within"),
        "{error}"
    );
}

#[test]
fn tls_is_trusted_by_its_own_ca_only() {
    let Some(mut server) = Postgres::start("postgres::tls_is_trusted") else {
        return;
    };
    let (ca, certificate, key) = certificates();
    server.stop();
    server.certify(&certificate, &key);
    server.go();
    let ca_file = server.folder().join("ca.pem");
    fs::write(&ca_file, ca).unwrap();
    let url = server.url_with("?sslmode=verify-full");

    let mut store = PostgresStore::connect(&url, Some(ca_file.clone())).unwrap();
    assert_eq!(store.last_mark().unwrap(), 0);
    let secure = "SELECT COUNT(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'telemetry'";
    assert_eq!(server.query(secure), "1");

    let (other, _, _) = certificates();
    let other_file = server.folder().join("other.pem");
    fs::write(&other_file, other).unwrap();
    let refused =
        |url: &str, ca: Option<PathBuf>| PostgresStore::connect(url, ca).unwrap_err().to_string();
    let error = refused(&url, Some(other_file));
    assert!(error.contains("certificate"), "{error}");
    let error = refused(&url.replace("localhost", "127.0.0.1"), Some(ca_file));
    assert!(error.contains("certificate"), "not for this name: {error}");
}

/// A CA, and a certificate of it for `localhost` with its key, in PEM.
fn certificates() -> (String, String, String) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::CertifiedIssuer::self_signed(ca, ca_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    (issuer.pem(), server.pem(), key.serialize_pem())
}

#[test]
fn a_connection_that_breaks_is_an_error_and_the_batch_is_applied_once() {
    let Some(mut server) = Postgres::start("postgres::a_connection_that_breaks") else {
        return;
    };
    let mut store = PostgresStore::connect(&server.url(), None).unwrap();
    let mut batch = batch(&writer("w", "s", "1"), 1);
    batch.growth = vec![Growth::new("t", false, baseline([1.0; 5]))];
    batch.events = vec![event("t", 1, "before")];
    store.write(&batch).unwrap();
    server.stop();
    let error = store.write(&batch).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let error = PostgresStore::connect(&server.url(), None).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    server.go();
    let mut store = PostgresStore::connect(&server.url(), None).unwrap();
    store.write(&batch).unwrap();
    assert_eq!(
        store.baselines(&Selection::default()).unwrap().rows[0]
            .baseline
            .as_ref()
            .unwrap()
            .calls(),
        5
    );
    assert_eq!(
        store
            .events(&EventQuery::new(Selection::default()))
            .unwrap()
            .rows
            .len(),
        1
    );
}

#[test]
fn two_programs_share_baselines_and_live_through_a_restart_of_the_server() {
    let Some(mut server) = Postgres::start("postgres::two_programs_share") else {
        return;
    };
    let url = server.url();
    let settings = [
        ("service_name", "shared"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("drift_detection_enabled", "true"),
        // A shared machine has drift enough.
        ("drift_threshold", "100"),
        ("store_url", &*url),
        ("store_interval_ms", "200"),
        ("store_timeout_ms", "1000"),
    ];
    let mut one = Program::start("drifting", &settings);
    let mut other = Program::start("drifting", &settings);
    let learned = |server: &Postgres| {
        let mut store = PostgresStore::connect(&server.url(), None).unwrap();
        let found = store
            .baselines(&Selection::default().service("shared"))
            .unwrap()
            .rows;
        found
            .iter()
            .map(|row| row.baseline.as_ref().map_or(0, |it| it.calls()))
            .sum::<u64>()
    };
    for program in [&mut one, &mut other] {
        assert_eq!(program.ask("work 3000")["store"]["loaded"], true);
    }
    eventually("both have added what they learned", || {
        match learned(&server) {
            calls if calls >= 1000 => Ok(()),
            calls => Err(format!("{calls} calls")),
        }
    });

    server.stop();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        one.ask("work 500");
    }
    eventually("its failure is known", || {
        match &one.ask("work 1")["store"]["failures"] {
            failures if failures.as_u64() > Some(0) => Ok(()),
            failures => Err(failures.to_string()),
        }
    });
    server.go();
    let before = learned(&server);
    eventually("what was learned meanwhile is added", || {
        one.ask("work 200");
        match learned(&server) {
            calls if calls > before => Ok(()),
            calls => Err(format!("{calls} calls, {before} before")),
        }
    });
    one.finish();
    other.finish();
}
