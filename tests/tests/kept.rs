//! What a running telemetry keeps, and what it does with a store that is of no use.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use telemetry_runtime::store::{Selection, SqliteStore, Store};
use telemetry_runtime::{Telemetry, detector, tool};
use telemetry_tests::alone;

#[tool]
fn steady(number: u64) -> u64 {
    (0..500).fold(number, |sum, next| std::hint::black_box(sum ^ next))
}

fn start(path: &Path, version: &str) -> Telemetry {
    let builder = Telemetry::builder()
        .no_file()
        .service_name("kept")
        .service_version(version)
        .set("store_file", path.to_string_lossy().into_owned());
    builder.init().unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_new_version_knows_from_its_first_call_on_what_the_old_one_learned() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let old = start(&path, "1");
    (0..5000).for_each(|number| {
        steady(number);
    });
    assert!(old.shutdown(LONG).in_time);

    let kept = SqliteStore::open(&path)
        .unwrap()
        .baselines(&Selection::default())
        .unwrap();
    let [row] = &kept.rows[..] else {
        panic!("{kept:?}");
    };
    assert_eq!(
        (&*row.key.service, &*row.key.version, &*row.key.tool),
        ("kept", "1", "steady")
    );
    let calls = row.baseline.as_ref().unwrap().calls();
    assert!(calls >= 50, "{calls}");

    let new = start(&path, "2");
    let store = new.health().store.unwrap();
    assert!(store.loaded && store.last_error.is_none(), "{store:?}");
    let stats = detector().baseline_stats("steady").unwrap();
    assert_eq!(
        stats.samples,
        row.baseline.as_ref().unwrap().durations().total()
    );
    assert_eq!(detector().reset_baseline(Some("steady")), 1);
    assert!(new.shutdown(LONG).in_time);
    let ours = Selection::default().version("2");
    let kept = SqliteStore::open(&path).unwrap().baselines(&ours).unwrap();
    assert!(
        kept.rows.iter().all(|row| row.accepted.is_some()),
        "{kept:?}"
    );
}

#[test]
fn a_store_of_no_use_stops_nobody() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();

    let telemetry = start(&path, "1");
    (0..3000).for_each(|number| {
        steady(number);
    });
    assert!(telemetry.flush(LONG).in_time);
    let store = telemetry.health().store.unwrap();
    assert!(!store.loaded);
    let error = store.last_error.unwrap().text;
    assert!(error.contains("schema version 99"), "{error}");
    telemetry.shutdown(LONG);
    assert_eq!(fs::read(&path).unwrap(), before, "left as it is");

    fs::write(&path, "a text, and no database").unwrap();
    let telemetry = start(&path, "1");
    assert!(
        telemetry.health().store.unwrap().loaded,
        "a new one was begun"
    );
    telemetry.shutdown(LONG);
    let names = fs::read_dir(folder.path()).unwrap();
    let asides = names.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".damaged-")
    });
    assert_eq!(asides.count(), 1);
}
