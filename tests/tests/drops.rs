//! What is lost is counted, and `docs/drops.md` says where.

use std::collections::BTreeSet;
use std::fs;
use std::iter::empty;
use std::path::Path;

use telemetry_runtime::{Telemetry, Value, current, health};
use telemetry_tests::sink::{Mode, Sink};
use telemetry_tests::{PATIENCE, alone, tool};

/// Attributes, and events, that a span has room for.
const ROOM: u64 = 128;

#[test]
fn a_span_has_room_for_so_many_attributes() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let builder = Telemetry::builder().no_file().otlp(sink.url());
    let telemetry = builder.init().expect("a right configuration");
    tool!("talkative", || {
        for number in 0..ROOM + 7 {
            current().set_attribute(format!("key.{number}"), number);
            current().add_event(format!("event {number}"), empty::<(&str, Value)>());
        }
        // It is there already.
        current().set_attribute("key.0", "again");
    });
    let report = telemetry.flush(PATIENCE);
    assert_eq!(report.traces.delivered, 1, "{report}");
    assert_eq!(health().attributes_dropped, 14);
    telemetry.shutdown(PATIENCE);
    let seen = sink.seen();
    let span = seen.spans.first().expect("it was delivered");
    let dropped = (span.dropped_attributes_count, span.dropped_events_count);
    assert_eq!(dropped, (7, 7));
    assert!(seen.metric("telemetry.attributes.dropped").is_some());

    let builder = Telemetry::builder().no_file();
    let _telemetry = builder.init().expect("a right configuration");
    assert_eq!(health().attributes_dropped, 0, "another start");
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words in backquotes of one cell.
fn words(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// What stands in quotes in the lines that are chosen.
fn quoted<'a>(source: &'a str, chosen: impl Fn(&str) -> bool + 'a) -> BTreeSet<String> {
    let lines = source.lines().filter(move |line| chosen(line));
    lines
        .filter_map(|line| line.split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Each counter, cause, field and test that the page names is there, and each counter and cause of
/// a drop that is there the page names.
#[test]
fn the_page_of_drops_is_right() {
    let page = read("docs/drops.md");
    let (table, _) = page.split_once("\nAfter the end").expect("text behind it");
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let mut rows = rows.map(|row| row.trim_matches('|').split(" | ").collect::<Vec<_>>());
    assert_eq!(rows.next().map(|head| head.len()), Some(5));

    let names = read("telemetry-runtime/src/names.rs");
    let counters = quoted(&names, |line| line.contains("\"telemetry."));
    let causes = quoted(&read("telemetry-runtime/src/export/tally.rs"), |line| {
        line.trim_start().starts_with("Self::") && line.contains("=> \"")
    });
    let before = quoted(&read("telemetry-runtime/src/pipeline/points.rs"), |line| {
        line.starts_with("const ") && line.contains("_FULL: &str")
    });
    let causes: BTreeSet<String> = causes.union(&before).cloned().collect();
    assert!(causes.len() > 8, "{causes:?}");
    let health = read("telemetry-runtime/src/health.rs");

    let (mut said, mut said_causes) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let [what, cause, counter, field, test] = row.as_slice() else {
            panic!("not five cells: {row:?}");
        };
        said_causes.extend(words(cause));
        let counter = words(counter);
        assert!(
            !counter.is_empty() && counter.is_subset(&counters),
            "{what}: {counter:?}"
        );
        said.extend(counter);
        for field in words(field) {
            let name = field.rsplit('.').next().expect("a name");
            assert!(health.contains(&format!("pub {name}: ")), "{what}: {field}");
        }
        let tests = words(test);
        assert_eq!(tests.len(), 1, "{what}");
        tests.iter().for_each(|test| is_there(test));
    }
    let drops = |name: &&String| {
        let last = name.rsplit(['.', '_']).next().expect("a word");
        let kinds = [
            "dropped",
            "lost",
            "failures",
            "panics",
            "evicted",
            "suppressed",
            "unordered",
        ];
        kinds.contains(&last) || name.ends_with("over_max_tools")
    };
    let counted: BTreeSet<String> = counters.iter().filter(drops).cloned().collect();
    assert_eq!(said, counted);
    assert_eq!(said_causes, causes);
}

/// A test of this folder or of the runtime, by its file without `.rs` and its name.
fn is_there(test: &str) {
    let (file, function) = test.split_once("::").expect("a file and a name");
    let places = ["tests/tests", "telemetry-runtime/src"];
    let found = places.iter().any(|place| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(place);
        let source = fs::read_to_string(path.join(file).with_extension("rs"));
        source.is_ok_and(|source| {
            let before = source.split_once(&format!("fn {function}() "));
            let attributes = before.and_then(|(before, _)| before.rsplit("\n\n").next());
            attributes.is_some_and(|attributes| attributes.contains("#[test]"))
        })
    });
    assert!(found, "there is no test {test}");
}
