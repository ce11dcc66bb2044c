//! A keeper with a real file under it, which others lock and spoil.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rusqlite::Connection;

use super::*;
use crate::drift::{Baseline, Detector, DetectorConfig, Outcome};
use crate::store::{EventQuery, Selection, SqliteStore};

/// A detector without a thread.
#[derive(Default)]
struct Seen {
    started: Mutex<Vec<Start>>,
    growth: Mutex<Vec<Growth>>,
    decided: Mutex<Vec<(String, Decision)>>,
}

impl Watched for Seen {
    fn start_from(&self, baselines: Vec<Start>, _events: Vec<Event>) {
        self.started.lock().unwrap().extend(baselines);
    }

    fn growth(&self) -> Vec<Growth> {
        std::mem::take(&mut self.growth.lock().unwrap())
    }

    fn decided(&self, tool: &str, decision: Decision) {
        let mut decided = self.decided.lock().unwrap();
        decided.push((tool.to_owned(), decision));
    }
}

fn open(path: &Path) -> Open {
    let path = path.to_owned();
    Box::new(move || Ok(Box::new(SqliteStore::open_with(&path, PATIENCE)?) as Box<dyn Store>))
}

const PATIENCE: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(60);

fn keeper(open: Open, most_events: usize, seen: &Arc<Seen>) -> Keeper {
    let writer = Writer {
        id: fastrand::u64(..).to_string(),
        service: "s".to_owned(),
        environment: "e".to_owned(),
        version: String::new(),
    };
    let habits = Habits {
        interval: Duration::from_millis(20),
        most_events,
        retention: None,
        shortest_wait: Duration::from_millis(1),
    };
    let seen = Arc::clone(seen) as Arc<dyn Watched>;
    Keeper::start("sqlite", "a file".to_owned(), open, writer, habits, seen).unwrap()
}

fn event(number: u64) -> Event {
    let json = serde_json::json!({
        "timestamp": "2026-01-01T00:00:00Z", "tool_name": "t", "drift_type": "anomaly", "severity": "low",
        "status": "drifted", "baseline_value": 1.0, "current_value": 2.0, "deviation_percent": 100.0,
        "description": number.to_string(),
        "metadata": {
            "measure": "duration", "before": null, "after": null, "since": null, "since_interval": null,
            "calls": 1, "sample": number, "sample_since": number, "traces_before": [], "traces_after": [],
            "caller": null, "service_version": null, "baseline_version": null, "environment": null,
            "score": 15.0, "score_limit": 14.3,
        },
    });
    let mut event = Event::from_json(&json.to_string()).unwrap();
    event.timestamp += Duration::from_secs(number);
    event
}

fn baseline(calls: u64) -> Baseline {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    for _ in 0..calls {
        detector.observe("t", 1_000_000, Outcome::Success, SystemTime::UNIX_EPOCH);
    }
    detector.export_baselines().pop().unwrap().1
}

fn stored(path: &Path) -> Vec<String> {
    let mut store = SqliteStore::open(path).unwrap();
    let found = store
        .events(&EventQuery::new(Selection::default()))
        .unwrap();
    let rows = found.rows.into_iter();
    rows.map(|stored| stored.event.description).collect()
}

#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < end, "not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_fits_waits_for_a_store_that_is_away_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    drop(SqliteStore::open(&path).unwrap());
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let keeper = keeper(open(&path), 3, &Arc::default());

    (1..=5).for_each(|number| keeper.event(event(number)));

    until(|| keeper.health().failures > 2);
    let health = keeper.health();
    assert_eq!((health.events_waiting, health.events_dropped), (3, 2));
    assert!(health.last_error.unwrap().text.contains("lock"));
    holder.execute_batch("ROLLBACK").unwrap();
    until(|| keeper.health().events_written == 3);
    assert_eq!(stored(&path), ["1", "2", "3"]);
    keeper.event(event(6));
    assert!(keeper.flush(Instant::now() + LONG));
    assert_eq!(stored(&path).len(), 4, "there is room again");
    assert!(keeper.shutdown(Instant::now() + LONG));
}

#[test]
fn what_a_store_never_took_is_counted_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    drop(SqliteStore::open(&path).unwrap());
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let seen = Arc::new(Seen::default());
    let keeper = keeper(open(&path), 100, &seen);
    (1..=5).for_each(|number| keeper.event(event(number)));
    let growth = Growth::new("t", false, baseline(5));
    seen.growth.lock().unwrap().push(growth);
    keeper.shutdown(Instant::now() + Duration::from_millis(50));
    assert_eq!(keeper.health().events_dropped, 5);
    // Its thread may still be in its last attempt.
    until(|| keeper.health().growth_dropped == 1);
    keeper.event(event(6));
    assert_eq!(keeper.health().events_dropped, 6, "after the end");
}

#[test]
fn a_store_that_panics_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut real = open(&path);
    let panicked = AtomicBool::new(false);
    let open: Open = Box::new(move || {
        assert!(panicked.swap(true, Relaxed), "as a bug would");
        real()
    });
    let keeper = keeper(open, 10, &Arc::default());
    keeper.event(event(1));
    until(|| keeper.health().events_written == 1);
    assert!(keeper.health().failures > 0);
}

#[test]
fn growth_is_written_and_decisions_of_others_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let seen = Arc::new(Seen::default());
    let first = keeper(open(&path), 10, &seen);
    assert!(first.wait_until_loaded(LONG));
    let growth = Growth::new("t", false, baseline(5));
    seen.growth.lock().unwrap().push(growth);
    assert!(first.flush(Instant::now() + LONG));

    let mut person = SqliteStore::open(&path).unwrap();
    assert_eq!(person.accept(&Selection::default().tool("t")).unwrap(), 1);
    until(|| !seen.decided.lock().unwrap().is_empty());
    assert_eq!(
        *seen.decided.lock().unwrap(),
        [("t".to_owned(), Decision::Accept)]
    );
    // That the tool has a new normal now is no decision of this process: it is added.
    let growth = Growth::new("t", true, baseline(7));
    seen.growth.lock().unwrap().push(growth);
    assert!(first.shutdown(Instant::now() + LONG));

    let late = Arc::new(Seen::default());
    let second = keeper(open(&path), 10, &late);
    assert!(second.wait_until_loaded(LONG));
    let started = late.started.lock().unwrap();
    assert_eq!((started.len(), started[0].baseline.calls()), (1, 7));
    assert_eq!(
        late.decided.lock().unwrap().len(),
        0,
        "that was before its time"
    );
}
