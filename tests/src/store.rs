//! What every store must do, whichever database is behind it.

use std::sync::Barrier;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_runtime::drift::{Baseline, Detector, DetectorConfig, Event, Growth, Outcome};
use telemetry_runtime::store::{Batch, Decision, EventQuery, Selection, Store, Writer, start_from};

/// Opens the same store once more, as another process would.
pub type Open<'a> = &'a (dyn Fn() -> Box<dyn Store> + Sync);

/// Runs all of it on an empty store.
///
/// # Panics
///
/// Where the store does something else.
pub fn contract(open: Open<'_>) {
    growth_is_added_once_and_exactly(open);
    events_are_kept_in_order(open);
    decisions_reach_those_who_run(open);
    replaced_baselines_stand_alone(open);
    many_writers_at_once(open);
    what_is_old_is_forgotten(open);
}

/// A process.
#[must_use]
pub fn writer(id: &str, service: &str, version: &str) -> Writer {
    Writer {
        id: id.to_owned(),
        service: service.to_owned(),
        environment: "test".to_owned(),
        version: version.to_owned(),
    }
}

/// What a process hands in first.
#[must_use]
pub fn batch(writer: &Writer, number: u64) -> Batch {
    Batch {
        writer: writer.clone(),
        number,
        growth: Vec::new(),
        events: Vec::new(),
        seen: 0,
    }
}

/// Of calls with these durations, in milliseconds.
///
/// # Panics
///
/// Not on its own account.
#[must_use]
pub fn baseline(durations: impl IntoIterator<Item = f64>) -> Baseline {
    let mut detector = Detector::new(DetectorConfig::default()).expect("the defaults are valid");
    for ms in durations {
        assert!(detector.observe_ms("tool", ms, Outcome::Success, UNIX_EPOCH));
    }
    let baselines = detector.export_baselines();
    baselines.into_iter().next().expect("there is one").1
}

/// Of a tool, at so many seconds after 1970, with a description that tells it from others.
///
/// # Panics
///
/// Where events have other fields by now.
#[must_use]
pub fn event(tool: &str, seconds: u64, description: &str) -> Event {
    let json = serde_json::json!({
        "timestamp": "2026-01-01T00:00:00Z", "tool_name": tool, "drift_type": "performance",
        "severity": "medium", "status": "drifted", "baseline_value": 33.0, "current_value": 41.0,
        "deviation_percent": 24.2, "description": description,
        "metadata": {
            "measure": "median", "before": { "p50": 33.0, "p95": 50.0, "p99": 70.0 }, "after": null,
            "since": null, "since_interval": null, "calls": 212, "sample": 5212, "sample_since": 5000,
            "traces_before": [], "traces_after": ["0af7651916cd43dd8448eb211c80319c"], "caller": null,
            "service_version": "2", "baseline_version": "1", "environment": "test",
            "score": 15.0, "score_limit": 14.3,
        },
    });
    let mut event = Event::from_json(&json.to_string()).expect("the fields of an event");
    event.timestamp = UNIX_EPOCH + Duration::from_secs(seconds);
    event
}

fn grown(tool: &str, baseline: &Baseline) -> Growth {
    Growth::new(tool, false, baseline.clone())
}

fn stored(store: &mut dyn Store, service: &str, tool: &str) -> Option<Baseline> {
    let selection = Selection::default().service(service).tool(tool);
    let found = store.baselines(&selection).expect("it is read");
    assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
    found.rows.into_iter().next()?.baseline
}

fn durations(seed: u64) -> impl Iterator<Item = f64> {
    (0..1000_u64).map(move |call| 1.0 + (call * 7919 + seed * 104_729) as f64 % 9973.0 / 100.0)
}

fn growth_is_added_once_and_exactly(open: Open<'_>) {
    let (one, other) = (writer("one", "growth", "1"), writer("other", "growth", "1"));
    let (mut here, mut there) = (open(), open());
    let mut whole = Baseline::default();
    for number in 1..=4 {
        for (writer, store) in [(&one, &mut here), (&other, &mut there)] {
            let learned = baseline(durations(number + writer.id.len() as u64));
            whole.merge(&learned);
            let mut batch = batch(writer, number);
            batch.growth = vec![grown("rag", &learned)];
            for _ in 0..3 {
                // As if the answer had been lost.
                assert!(store.write(&batch).expect("it is written").is_empty());
            }
        }
    }
    let kept = stored(&mut *open(), "growth", "rag").expect("it is there");
    assert_eq!(kept.durations(), whole.durations(), "count by count");
    assert_eq!(kept.calls(), 8000);
}

fn events_are_kept_in_order(open: Open<'_>) {
    let mut store = open();
    let mut batch = batch(&writer("seer", "events", "2"), 1);
    // NUL, quotes and all of Unicode; later ones first.
    let odd = "a \"sentence\"; DROP TABLE x -- \u{0} \u{1F980} %s $1 ?1";
    batch.events = vec![event("b", 200, odd), event("a\u{0}b", 100, "first")];
    store.write(&batch).expect("it is written");
    store.write(&batch).expect("it is taken once more");
    batch.number = 2;
    batch.events = vec![event("b", 300, "third")];
    store.write(&batch).expect("it is written");

    let mut store = open();
    let ours = Selection::default().service("events").environment("test");
    let mut ask = |query: EventQuery| {
        let found = store.events(&query).expect("they are read");
        assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
        let texts = found.rows.into_iter().map(|stored| {
            assert_eq!((&*stored.version, &*stored.writer), ("2", "seer"));
            stored.event.description
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(ask(EventQuery::new(ours.clone())), ["first", odd, "third"]);
    assert_eq!(ask(EventQuery::new(ours.clone()).limit(1)), ["third"]);
    let since = UNIX_EPOCH + Duration::from_secs(200);
    let late = EventQuery::new(ours.clone()).since(since);
    assert_eq!(ask(late), [odd, "third"]);
    assert_eq!(ask(EventQuery::new(ours.clone().tool("b"))), [odd, "third"]);
    assert!(ask(EventQuery::new(ours.clone().version("3"))).is_empty());

    let mut store = open();
    assert_eq!(store.clear_events(&ours.tool("b")).expect("cleared"), 2);
}

fn decisions_reach_those_who_run(open: Open<'_>) {
    let mut store = open();
    let (one, other) = (writer("1st", "marks", "1"), writer("2nd", "marks", "2"));
    for writer in [&one, &other] {
        let mut batch = batch(writer, 1);
        batch.growth = vec![
            grown("kept", &baseline([1.0])),
            grown("gone", &baseline([1.0])),
        ];
        batch.events = vec![event("gone", 1, "it drifted")];
        store.write(&batch).expect("it is written");
    }
    let seen = store.last_mark().expect("it is read");

    // A person, at a terminal.
    let gone = Selection::default().service("marks").tool("gone");
    assert_eq!(open().accept(&gone).expect("accepted"), 2);

    // Learned before the process knew.
    let mut late = batch(&one, 2);
    late.seen = seen;
    late.growth = vec![
        grown("kept", &baseline([1.0])),
        grown("gone", &baseline([1.0])),
    ];
    let marks = store.write(&late).expect("it is written");
    let told: Vec<_> = marks
        .iter()
        .map(|mark| (&*mark.tool, mark.decision))
        .collect();
    assert_eq!(told, [("gone", Decision::Accept)]);
    assert_eq!(
        stored(&mut *store, "marks", "gone"),
        None,
        "nothing of the old normal"
    );
    assert_eq!(
        stored(&mut *store, "marks", "kept").map(|it| it.calls()),
        Some(2)
    );
    let events = open().events(&EventQuery::new(gone.clone())).expect("read");
    assert!(events.rows.iter().all(|event| event.accepted.is_some()));

    let mut next = batch(&one, 3);
    next.seen = marks.last().expect("there is one").id;
    next.growth = vec![grown("gone", &baseline([2.0, 2.0]))];
    assert!(
        store.write(&next).expect("it is written").is_empty(),
        "told once"
    );
    let kept = store
        .baselines(&gone.clone().version("1"))
        .expect("it is read");
    assert!(kept.rows[0].accepted.is_some());
    assert_eq!(kept.rows[0].baseline.as_ref().map(Baseline::calls), Some(2));

    // A mark for one version is not told to another.
    assert_eq!(open().reset(&gone.version("1")).expect("reset"), 1);
    let mut batch = batch(&other, 2);
    batch.seen = next.seen;
    assert!(store.write(&batch).expect("it is written").is_empty());
    assert_eq!(
        store
            .write(&super_batch(&one, 4, next.seen))
            .expect("written")
            .len(),
        1
    );
}

fn super_batch(writer: &Writer, number: u64, seen: i64) -> Batch {
    Batch {
        seen,
        ..batch(writer, number)
    }
}

fn replaced_baselines_stand_alone(open: Open<'_>) {
    let mut store = open();
    let (old, new) = (writer("old", "replace", "1"), writer("new", "replace", "2"));
    let mut first = batch(&old, 1);
    first.growth = vec![grown("rag", &baseline(durations(1)))];
    store.write(&first).expect("it is written");
    let start = |store: &mut dyn Store, version: &str| {
        let ours = Selection::default().service("replace").environment("test");
        let found = store.baselines(&ours).expect("it is read");
        let start = start_from(found.rows, version).pop().expect("there is one");
        (start.version, start.baseline.calls())
    };
    assert_eq!(
        start(&mut *store, "2"),
        ("1".to_owned(), 1000),
        "the old one's"
    );

    let mut batch = batch(&new, 1);
    batch.seen = store.last_mark().expect("it is read");
    batch.growth = vec![Growth::new("rag", true, baseline([9.0; 20]))];
    store.write(&batch).expect("it is written");
    assert_eq!(start(&mut *store, "2"), ("2".to_owned(), 20));
    assert_eq!(
        start(&mut *store, "1"),
        ("1".to_owned(), 1000),
        "still running somewhere"
    );
}

fn many_writers_at_once(open: Open<'_>) {
    const WRITERS: usize = 6;
    const BATCHES: u64 = 10;
    let together = Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        for index in 0..WRITERS {
            let together = &together;
            scope.spawn(move || {
                let mut store = open();
                let writer = writer(&format!("many-{index}"), "many", "1");
                together.wait();
                for number in 1..=BATCHES {
                    let mut batch = batch(&writer, number);
                    batch.growth = vec![
                        grown("t", &baseline([3.0; 10])),
                        grown("u", &baseline([4.0])),
                    ];
                    batch.events = vec![event("t", number, "one of many")];
                    store.write(&batch).expect("it waits for its turn");
                }
            });
        }
    });
    let mut store = open();
    let batches = WRITERS as u64 * BATCHES;
    assert_eq!(
        stored(&mut *store, "many", "t").map(|it| it.calls()),
        Some(10 * batches)
    );
    assert_eq!(
        stored(&mut *store, "many", "u").map(|it| it.calls()),
        Some(batches)
    );
    let events = EventQuery::new(Selection::default().service("many"));
    let events = store.events(&events).expect("they are read").rows.len();
    assert_eq!(events as u64, batches);
}

fn what_is_old_is_forgotten(open: Open<'_>) {
    let mut store = open();
    let mut batch = batch(&writer("pruner", "prune", "1"), 1);
    batch.growth = vec![grown("t", &baseline([1.0]))];
    batch.events = vec![
        event("t", 10, "old"),
        event("t", u64::from(u32::MAX), "new"),
    ];
    store.write(&batch).expect("it is written");
    store
        .prune(SystemTime::now() - Duration::from_secs(24 * 3600))
        .expect("it is pruned");
    let kept = EventQuery::new(Selection::default().service("prune"));
    let kept = store.events(&kept).expect("they are read").rows;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].event.description, "new");
    assert!(
        stored(&mut *store, "prune", "t").is_some(),
        "baselines stay"
    );
}
