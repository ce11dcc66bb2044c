//! Baselines and events in a SQLite file, and all that can happen to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use telemetry_runtime::drift::Growth;
use telemetry_runtime::store::{EventQuery, Selection, SqliteStore, Store};
use telemetry_tests::store::{baseline, batch, contract, event, writer};
use tempfile::tempdir;

#[test]
fn it_does_what_every_store_does() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    contract(&|| Box::new(SqliteStore::open(&path).unwrap()));
}

#[test]
fn bytes_that_are_no_database_are_kept_beside_a_new_one() {
    for junk in [
        b"hello, this is a text and no database at all".repeat(100),
        b"SQLite format 3\0 and then something else".to_vec(),
        vec![0xff; 8192],
    ] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("telemetry.db");
        fs::write(&path, &junk).unwrap();

        let mut store = SqliteStore::open(&path).unwrap();

        let notice = store.notice().unwrap().to_owned();
        assert!(notice.contains("telemetry.db.damaged-"), "{notice}");
        add_something(&mut store);
        let kept = asides(folder.path());
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(fs::read(folder.path().join(&kept[0])).unwrap(), junk);
        assert_eq!(SqliteStore::open(&path).unwrap().notice(), None, "once");
    }
}

#[test]
fn pages_that_make_no_sense_are_noticed() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let mut store = SqliteStore::open(&path).unwrap();
    add_something(&mut store);
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    // The first page says what is where, and stays.
    bytes[4096..].fill(0x5a);
    fs::write(&path, bytes).unwrap();

    let error = SqliteStore::open_existing(&path).unwrap_err();
    assert!(error.is_damaged(), "{error}");
    assert!(
        asides(folder.path()).is_empty(),
        "who only looks changes nothing"
    );

    let store = SqliteStore::open(&path).unwrap();
    assert!(store.notice().is_some());
    assert_eq!(asides(folder.path()).len(), 1);
}

#[test]
fn a_cut_file_is_noticed() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let mut store = SqliteStore::open(&path).unwrap();
    add_something(&mut store);
    drop(store);
    let half = fs::metadata(&path).unwrap().len() / 2;
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(half)
        .unwrap();

    let mut store = SqliteStore::open(&path).unwrap();
    assert!(store.notice().is_some());
    add_something(&mut store);
}

#[test]
fn what_belongs_to_others_stays_as_it_is() {
    let folder = tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    let foreign = folder.path().join("foreign.db");
    let connection = rusqlite::Connection::open(&newer).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let connection = rusqlite::Connection::open(&foreign).unwrap();
    connection.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(connection);

    for (path, is_newer, said) in [
        (&newer, true, "schema version 99"),
        (&foreign, false, "database of another program"),
    ] {
        let before = fs::read(path).unwrap();
        let error = SqliteStore::open(path).unwrap_err();
        assert_eq!(error.is_newer(), is_newer, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(fs::read(path).unwrap(), before);
    }
    assert!(asides(folder.path()).is_empty());
}

#[test]
fn an_older_schema_is_brought_up_with_what_it_holds() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(include_str!("store/version_1.sql"))
        .unwrap();
    let bytes = baseline([5.0; 7]).to_bytes();
    connection
        .execute(
            "INSERT INTO telemetry_baselines VALUES ('s', 'e', '1', 't', ?1, 1)",
            [bytes],
        )
        .unwrap();
    drop(connection);

    let mut store = SqliteStore::open(&path).unwrap();
    let found = store.baselines(&Selection::default()).unwrap().rows;
    assert_eq!(found[0].baseline.as_ref().unwrap().calls(), 7);
    add_something(&mut store);
    assert_eq!(store.accept(&Selection::default()).unwrap(), 2);
}

#[test]
fn a_row_that_cannot_be_read_is_left_and_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let mut store = SqliteStore::open(&path).unwrap();
    add_something(&mut store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "INSERT INTO telemetry_baselines SELECT service, environment, version, 'bad', x'ff00ff', 1, NULL FROM telemetry_baselines;
             UPDATE telemetry_events SET event = '{\"of\": \"a later release\"}'",
        )
        .unwrap();

    let found = store.baselines(&Selection::default()).unwrap();
    assert_eq!((found.rows.len(), found.unreadable.len()), (1, 1));
    assert!(
        found.unreadable[0].contains("bad"),
        "{:?}",
        found.unreadable
    );
    let events = store
        .events(&EventQuery::new(Selection::default()))
        .unwrap();
    assert_eq!((events.rows.len(), events.unreadable.len()), (0, 1));

    // What others learn of it is not lost on a row that somebody may want back.
    let mut batch = batch(&writer("w", "s", "1"), 9);
    batch.growth = vec![Growth::new("bad", false, baseline([1.0]))];
    store.write(&batch).unwrap();
    let bytes: Vec<u8> = connection
        .query_row(
            "SELECT baseline FROM telemetry_baselines WHERE tool = 'bad'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(bytes, [0xff, 0x00, 0xff]);
}

#[test]
fn a_locked_file_is_waited_for_and_then_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    let mut store = SqliteStore::open(&path).unwrap();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = store.reset(&Selection::default()).unwrap_err();
    assert!(
        error.is_unavailable() && error.to_string().contains("lock"),
        "{error}"
    );
    holder.execute_batch("ROLLBACK").unwrap();
    add_something(&mut store);
}

#[test]
fn a_full_disk_loses_nothing_that_was_there() {
    let Some(disk) = Disk::of("a_full_disk_loses_nothing_that_was_there") else {
        return;
    };
    let mut store = SqliteStore::open(disk.path("telemetry.db")).unwrap();
    add_something(&mut store);
    let mut full = None;
    let mut number = 1;
    while full.is_none() {
        number += 1;
        let mut batch = batch(&writer("w", "s", "1"), number);
        batch.events = (0..50).map(|at| event("t", at, &"x".repeat(500))).collect();
        full = store.write(&batch).err().map(|error| (batch, error));
    }
    let (batch, error) = full.unwrap();
    assert!(error.is_unavailable(), "{error}");
    assert!(error.to_string().ends_with("the disk is full"), "{error}");
    let baselines = store.baselines(&Selection::default()).unwrap().rows;
    assert_eq!(baselines.len(), 1, "read all the same");

    disk.mount("size=64m");
    store.write(&batch).unwrap();
    let all = EventQuery::new(Selection::default()).limit(usize::MAX);
    let events = store.events(&all).unwrap().rows.len() as u64;
    assert_eq!(events, 1 + 50 * (number - 1), "every event once");
}

#[test]
fn a_read_only_disk_is_read() {
    let Some(disk) = Disk::of("a_read_only_disk_is_read") else {
        return;
    };
    let path = disk.path("telemetry.db");
    add_something(&mut SqliteStore::open(&path).unwrap());
    disk.mount("ro");
    let mut store = SqliteStore::open(&path).unwrap();
    assert_eq!(
        store.baselines(&Selection::default()).unwrap().rows.len(),
        1
    );
    let error = store.reset(&Selection::default()).unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    let error = SqliteStore::open(disk.path("new.db")).unwrap_err();
    assert!(
        error.to_string().contains("may this process write to it"),
        "{error}"
    );
}

/// A small disk, in a world of its own where this process may mount one.
struct Disk(PathBuf);

impl Disk {
    /// In the child that has one; the parent runs the child and has none.
    fn of(test: &str) -> Option<Self> {
        if let Some(place) = env::var_os(DISK) {
            return Some(Self(place.into()));
        }
        let folder = tempdir().unwrap();
        let can = Command::new("unshare").args(["-rm", "true"]).status();
        if !can.is_ok_and(|status| status.success()) {
            // Not `eprintln!`, which the test runner keeps to itself.
            let line = format!("skipped: {test}: no namespaces here (unshare -rm)\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        }
        let child = Command::new("unshare")
            .args(["-rm", "sh", "-c"])
            .arg("mount -t tmpfs -o size=256k none \"$0\" && exec \"$@\"")
            .arg(folder.path())
            .arg(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(DISK, folder.path())
            .output()
            .unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Changes its settings.
    fn mount(&self, option: &str) {
        let mut mount = Command::new("mount");
        let option = format!("remount,{option}");
        assert!(
            mount
                .args(["-o", &option])
                .arg(&self.0)
                .status()
                .unwrap()
                .success()
        );
    }
}

const DISK: &str = "TELEMETRY_TEST_DISK";

#[test]
fn a_process_that_is_killed_leaves_whole_batches() {
    if let Some(path) = env::var_os(KILLED) {
        return write_for_ever(Path::new(&path));
    }
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    for _ in 0..5 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_process_that_is_killed_leaves_whole_batches"])
            .env(KILLED, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let written = || Some(counts(&mut SqliteStore::open_existing(&path).ok()?));
        let before = written().map_or(0, |counts| counts.0);
        telemetry_tests::until("it has written", || {
            assert_eq!(child.try_wait().unwrap(), None, "it writes for ever");
            written().is_some_and(|counts| counts.0 > before + 5)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let (calls, events) = counts(&mut SqliteStore::open(&path).unwrap());
        assert_eq!(calls * 3, events, "one call and three events a batch");
    }
    assert!(asides(folder.path()).is_empty());
}

const KILLED: &str = "TELEMETRY_TEST_KILLED";

fn write_for_ever(path: &Path) {
    let mut store = SqliteStore::open(path).unwrap();
    let me = writer(&std::process::id().to_string(), "s", "1");
    for number in 1.. {
        let mut batch = batch(&me, number);
        batch.growth = vec![Growth::new("t", false, baseline([1.0]))];
        batch.events = (0..3).map(|at| event("t", at, "an event")).collect();
        // Where whoever looks on has locked it for longer than it waits, another time.
        while let Err(error) = store.write(&batch) {
            eprintln!("{error}");
        }
    }
}

fn counts(store: &mut SqliteStore) -> (u64, u64) {
    let baselines = store.baselines(&Selection::default()).unwrap().rows;
    let calls = baselines
        .first()
        .map_or(0, |it| it.baseline.as_ref().unwrap().calls());
    let all = EventQuery::new(Selection::default()).limit(usize::MAX);
    (calls, store.events(&all).unwrap().rows.len() as u64)
}

#[test]
fn a_folder_and_a_place_that_is_not_there_are_told() {
    let folder = tempdir().unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("it is a folder"), "{error}");
    let nowhere = folder.path().join("no/such/telemetry.db");
    let error = SqliteStore::open(&nowhere).unwrap_err();
    assert!(
        error.to_string().contains("is there such a folder"),
        "{error}"
    );
    let error = SqliteStore::open_existing(folder.path().join("none.db")).unwrap_err();
    assert!(
        error.to_string().contains("there is no such file"),
        "{error}"
    );
    assert!(!folder.path().join("none.db").exists());
}

#[test]
fn an_empty_file_is_a_new_store_and_a_deleted_one_is_noticed() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("telemetry.db");
    fs::File::create(&path).unwrap().flush().unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    add_something(&mut store);
    for suffix in ["", "-wal", "-shm"] {
        _ = fs::remove_file(folder.path().join(format!("telemetry.db{suffix}")));
    }
    let error = store.reset(&Selection::default()).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    add_something(&mut SqliteStore::open(&path).unwrap());
}

fn add_something(store: &mut SqliteStore) {
    let mut batch = batch(&writer("w", "s", "1"), 1);
    batch.growth = vec![Growth::new("t", false, baseline([1.0; 500]))];
    batch.events = vec![event("t", 1, "something")];
    store.write(&batch).unwrap();
    assert_eq!(
        store
            .events(&EventQuery::new(Selection::default()))
            .unwrap()
            .unreadable
            .len(),
        0
    );
}

fn asides(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".damaged-")).collect()
}
