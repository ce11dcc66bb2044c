//! Names that only the running program knows: many, long, and strange.

use std::fs;

use serde_json::Value;
use telemetry_runtime::{Telemetry, health, track_tool_call};
use telemetry_tests::sink::{Mode, Sink, text};
use telemetry_tests::{PATIENCE, alone, statistics, until};

/// What no format may stumble over.
const STRANGE: [&str; 9] = [
    "quotes \" and ' and `",
    "new\nline and \r return",
    "back\\slash \\n",
    "tab\t nul\0 escape\x1b[31m bell\x07",
    "{braces} <tags> & more; a=b, c",
    "ünïcödé 🦀 \u{202e}turned",
    " spaces ",
    "tool.calls{tool_name=\"fake\"} 1",
    "# HELP fake",
];

/// Makes a call of each strange name, of one a megabyte long, and of none.
fn strange_calls() {
    for name in STRANGE {
        let _ = track_tool_call(name, [(name, name.into())]).finish(Err::<(), _>(name));
    }
    drop(track_tool_call(
        "x".repeat(1 << 20),
        [("y".repeat(1 << 20), "z".repeat(1 << 20).into())],
    ));
    drop(track_tool_call("", ()));
}

/// The name a call of this name counts under.
fn kept(name: &str) -> String {
    match name
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= 256)
        .last()
    {
        None => "_other".to_owned(),
        Some((at, c)) => name[..at + c.len_utf8()].to_owned(),
    }
}

#[test]
fn strange_names_count_under_themselves() {
    let _alone = alone();
    let telemetry = Telemetry::builder().no_file().init().expect("right");
    strange_calls();
    for name in STRANGE {
        assert_eq!(
            (statistics(name).calls, statistics(name).errors),
            (1, 1),
            "{name:?}"
        );
    }
    assert_eq!(statistics(&"x".repeat(256)).calls, 1, "cut");
    assert_eq!(statistics(&kept("")).calls, 1);
    let umlauts = "ä".repeat(300);
    drop(track_tool_call(&umlauts, ()));
    assert_eq!(
        statistics(&kept(&umlauts)).calls,
        1,
        "cut between characters"
    );
    drop(telemetry);
}

#[test]
fn in_otlp_and_in_files() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let (traces, metrics) = (folder.path().join("traces"), folder.path().join("metrics"));
    let sink = Sink::start(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .set("traces_exporter", "[otlp, file, console]")
        .set("metrics_exporter", "[otlp, file, console]")
        .set("traces_file", traces.display().to_string())
        .set("metrics_file", metrics.display().to_string())
        .init()
        .expect("right");
    strange_calls();
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");

    let seen = sink.seen();
    let sent = |name: &str| {
        seen.spans
            .iter()
            .filter(|span| text(&span.attributes, "tool.name") == name)
            .count()
    };
    for name in STRANGE {
        assert_eq!(sent(name), 1, "{name:?}");
    }
    let longest = seen.spans.iter().map(|span| span.name.len()).max();
    assert_eq!(longest, Some("tool.".len() + 256));

    let spans = names(&traces, "/resourceSpans/0/scopeSpans/0/spans");
    for name in STRANGE {
        assert!(
            spans.contains(&format!("tool.{name}")),
            "{name:?} in {spans:?}"
        );
    }
    assert!(
        names(&metrics, "/resourceMetrics/0/scopeMetrics/0/metrics")
            .contains(&"tool.calls".to_owned())
    );
}

/// `name` of everything in the list at `pointer` of each line, all of which are JSON.
fn names(file: &std::path::Path, pointer: &str) -> Vec<String> {
    let text = fs::read_to_string(file).expect("it was written");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .flat_map(|line| {
            line.pointer(pointer)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        })
        .map(|item| item["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn on_the_pull_endpoint() {
    let _alone = alone();
    let telemetry = Telemetry::builder()
        .no_file()
        .set("metrics_exporter", "prometheus")
        .set("prometheus_listen", "127.0.0.1:0")
        .init()
        .expect("right");
    strange_calls();
    let address = health()
        .prometheus
        .expect("asked for")
        .expect("a free port");
    let scrape = || {
        let mut answer = ureq::get(format!("http://{address}/metrics"))
            .call()
            .expect("an answer");
        answer.body_mut().read_to_string().expect("text")
    };
    let mut page = String::new();
    until("the calls are on the page", || {
        page = scrape();
        page.lines().any(|line| {
            line.starts_with("tool_calls_total{")
                && line.contains("HELP fake")
                && line.ends_with(" 1")
        })
    });
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with('#') {
            assert!(
                ["# HELP", "# TYPE", "# UNIT", "# EOF"]
                    .iter()
                    .any(|known| line.starts_with(known)),
                "{line:?}"
            );
            continue;
        }
        let (name, labels, value) = sample(line);
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'),
            "{line:?}"
        );
        assert!(value.parse::<f64>().is_ok(), "{line:?}");
        if name == "tool_calls_total" && value == "1" {
            let of_tool = labels.into_iter().find(|(label, _)| label == "tool_name");
            found.push(of_tool.expect("every one has it").1);
        }
    }
    for name in STRANGE {
        assert!(
            found.iter().any(|found| found == name),
            "{name:?} in {found:?}"
        );
    }
    assert!(found.contains(&"x".repeat(256)));
    drop(telemetry);
}

/// Name, labels and value of a line of Prometheus' text format.
fn sample(line: &str) -> (String, Vec<(String, String)>, String) {
    let end = line.find(['{', ' ']).expect("a value");
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    while let Some(more) = rest.strip_prefix(['{', ',']) {
        if let Some(after) = more.strip_prefix('}') {
            rest = after;
            break;
        }
        let (label, more) = more.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut chars = more.char_indices();
        rest = loop {
            match chars.next().expect("a closing quote") {
                (at, '"') => break &more[at + 1..],
                (_, '\\') => value.push(match chars.next().expect("an escaped character").1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    c => panic!("\\{c} in {line:?}"),
                }),
                (_, c) => value.push(c),
            }
        };
        labels.push((label.to_owned(), value));
        rest = rest.strip_prefix('}').unwrap_or(rest);
    }
    (name.to_owned(), labels, rest.trim().to_owned())
}

/// More than `max_tools` allows.
const NAMES: u64 = 10_000;

#[test]
fn too_many_names_are_other() {
    let _alone = alone();
    let known = {
        let _telemetry = Telemetry::builder().no_file().init().expect("right");
        drop(track_tool_call("_other", ()));
        health().tools
    };
    let room = 5;
    let sink = Sink::counting(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .set("max_tools", known + room)
        .init()
        .expect("right");
    for number in 0..NAMES {
        for _ in 0..2 {
            drop(track_tool_call(
                format!("name {number}"),
                [("number", number.into())],
            ));
        }
    }
    let over = NAMES - room;
    assert_eq!(statistics("name 0").calls, 2);
    assert_eq!(statistics("name 4").calls, 2);
    assert_eq!(statistics("name 5").calls, 0);
    assert_eq!(statistics("_other").calls, over * 2);
    assert_eq!(health().calls_over_max_tools, over * 2);
    assert_eq!(health().tools, known + room);
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.traces.delivered + report.traces.dropped, NAMES * 2);
    assert!(
        sink.seen()
            .metric("telemetry.calls.over_max_tools")
            .is_some()
    );

    let telemetry = Telemetry::builder().no_file().init().expect("right");
    assert_eq!(
        health().calls_over_max_tools,
        0,
        "another start, another count"
    );
    drop(telemetry);
}
