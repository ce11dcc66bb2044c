//! `telemetry drift replay`.

use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::tool::{Place, Said, durations, lines, slower};

const JSON: [&str; 4] = ["drift", "replay", "--format", "json"];

fn replay(place: &Place, file: &str) -> Said {
    place.run(&[JSON.as_slice(), &[file]].concat())
}

/// The events that last, of one tool, without the anomalies on their way.
fn lasting(said: &Said) -> Vec<Value> {
    let events = said.json().into_iter();
    events
        .filter(|event| event["drift_type"] != "anomaly")
        .collect()
}

#[test]
fn a_change_and_its_return_are_an_event_each() {
    let place = Place::new();
    let mut calls = slower(durations(1, 12_000), 6000, 1.3);
    calls[9000..].iter_mut().for_each(|ms| *ms /= 1.3);
    let file = place.file("rag_query.txt", lines(calls));

    let said = replay(&place, &file).ends(0);

    let events = lasting(&said);
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["status"].as_str().unwrap(),
                event["sample"].as_u64().unwrap(),
            )
        })
        .collect();
    let [("drifted", began), ("recovered", over)] = told[..] else {
        panic!("{told:?}");
    };
    assert!((6001..6200).contains(&began), "{told:?}");
    assert!((9001..9400).contains(&over), "{told:?}");
    assert_eq!(events[0]["tool_name"], "rag_query", "the file's name");
    assert_eq!(events[0]["drift_type"], "performance");
    assert_eq!(
        events[0]["timestamp"],
        Value::Null,
        "there are no times in it"
    );
    let change = events[0]["deviation_percent"].as_f64().unwrap();
    assert!((10.0..50.0).contains(&change), "{change}");
}

#[test]
fn nothing_is_told_of_what_has_not_changed() {
    let place = Place::new();
    let file = place.file("calm.txt", lines(durations(2, 8000)));
    let said = replay(&place, &file).ends(0);
    assert_eq!(lasting(&said), Vec::<Value>::new());
    let said = place.run(&["drift", "replay", &file]).ends(0);
    assert!(said.err.contains("8000 samples"), "{}", said.err);
}

#[test]
fn a_header_times_and_units_change_nothing_of_what_is_found() {
    let place = Place::new();
    let calls = slower(durations(3, 8000), 5000, 1.5);
    let plain = place.file("t.txt", lines(calls.iter().copied()));
    let text = |row: &dyn Fn(usize, f64) -> String, header: &str| {
        let rows = calls.iter().enumerate();
        header.to_owned() + &rows.map(|(index, ms)| row(index, *ms)).collect::<String>()
    };
    let iso = |index: usize| {
        let at =
            std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + index as u64);
        humantime(at)
    };
    let variants = [
        (
            "header.txt",
            text(
                &|_, ms| format!("{ms:.4}\r\n"),
                "# made by hand\n\nduration_ms\n",
            ),
        ),
        (
            "seconds.csv",
            text(
                &|index, ms| format!("{},{ms:.4}\n", 1_700_000_000 + index),
                "timestamp,value\n",
            ),
        ),
        (
            "bare.csv",
            text(
                &|index, ms| format!("{},{ms:.4}\n", 1_700_000_000_000 + index * 1000),
                "",
            ),
        ),
        (
            "iso.csv",
            text(
                &|index, ms| format!("\"{}\";\"{ms:.4}\"\n", iso(index)),
                "\u{feff}\"time\";\"value\"\n",
            ),
        ),
    ];
    let first = |file: &str| {
        let events = lasting(&replay(&place, file).ends(0));
        events
            .first()
            .map(|event| event["sample"].as_u64().unwrap())
    };
    let expected = first(&plain);
    assert!(
        expected.is_some_and(|sample| (5001..5100).contains(&sample)),
        "{expected:?}"
    );
    for (name, content) in variants {
        let file = place.file(name, content);
        let found = first(&file);
        assert!(
            found.is_some_and(|sample| (5001..5100).contains(&sample)),
            "{name}: {found:?}"
        );
    }
    let file = place.file("micros.txt", lines(calls.iter().map(|ms| ms * 1000.0)));
    let said = place.run(&[JSON.as_slice(), &[&file, "--unit", "us", "--tool", "t"]].concat());
    let event = &lasting(&said.ends(0))[0];
    let median = event["baseline_value"].as_f64().unwrap();
    assert!((25.0..35.0).contains(&median), "milliseconds: {event}");
    assert_eq!(event["tool_name"], "t");
}

/// RFC 3339 of a moment after 2000.
fn humantime(at: std::time::SystemTime) -> String {
    let seconds = at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    // 2023-11-14 is day 19,675; the files here end within the next days.
    let day_of_month = 14 + day - 19_675;
    format!(
        "2023-11-{day_of_month:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[test]
fn spans_of_the_file_exporter_are_read() {
    let place = Place::new();
    let calls = slower(durations(4, 8000), 5000, 1.5);
    let mut text = String::new();
    for (index, batch) in calls.chunks(100).enumerate() {
        let spans: Vec<_> = batch
            .iter()
            .enumerate()
            .flat_map(|(offset, ms)| {
                let start = 1_700_000_000_000_000_000_u64 + (index * 100 + offset) as u64 * 1_000_000_000;
                let end = start + (ms * 1e6) as u64;
                let attributes = json!([{ "key": "tool.name", "value": { "stringValue": "llm" } }]);
                let of_tool = json!({
                    "name": "tool.llm", "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
                    "attributes": attributes, "status": { "code": 1 },
                });
                let of_none = json!({ "name": "GET /", "startTimeUnixNano": "1", "endTimeUnixNano": "2" });
                [of_tool, of_none]
            })
            .collect();
        let line = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
        text.push_str(&format!("{line}\n"));
    }
    text.push_str("{\"resourceMetrics\": []}\n{\"resourceSpans\": [{\"sco");
    let file = place.file("traces.jsonl", text);

    let said = replay(&place, &file).ends(0);

    let event = &lasting(&said)[0];
    assert_eq!(
        (&event["tool_name"], &event["drift_type"]),
        (&json!("llm"), &json!("performance"))
    );
    // Every other span is of no tool.
    let sample = event["sample"].as_u64().unwrap();
    assert!((10_001..10_200).contains(&sample), "{sample}");
    assert!(
        event["timestamp"]
            .as_str()
            .unwrap()
            .starts_with("2023-11-14T"),
        "{event}"
    );
    assert!(
        said.err.contains("8001 left out: not the span of a tool"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("1 left out: the last line is cut off"),
        "{}",
        said.err
    );
}

#[test]
fn what_is_no_duration_is_counted_and_moves_nothing() {
    let place = Place::new();
    let mut text = String::new();
    for ms in durations(5, 4000) {
        text.push_str(&format!("{ms:.4}\n"));
    }
    let calm = text.clone() + &lines(durations(6, 2000));
    text.push_str("-5\nNaN\ninf\n-inf\n1e999\n0\n");
    text.push_str(&lines(durations(6, 2000)));
    let file = place.file("odd.txt", text);
    let said = replay(&place, &file).ends(0);
    assert!(
        said.err
            .contains("5 left out: negative, NaN or infinite (first: odd.txt:4001)"),
        "{}",
        said.err
    );
    let without = place.file("calm.txt", calm);
    assert_eq!(
        lasting(&said).len(),
        lasting(&replay(&place, &without)).len()
    );
    for enormous in ["1e30", "99999999999999999999999", "1.7976931348623157e308"] {
        let file = place.file("huge.txt", lines(durations(5, 2000)) + enormous + "\n");
        replay(&place, &file).ends(0);
    }
}

#[test]
fn what_is_no_row_is_told_with_file_and_line() {
    let place = Place::new();
    for (content, said) in [
        (
            b"1\n2\nfast\n".to_vec(),
            ":3: found \"fast\", allowed: a number",
        ),
        (
            b"timestamp,value\n1,2\n2\n".to_vec(),
            ":3: found 1 columns, allowed: 2",
        ),
        (
            b"timestamp,value\n1,2\n2,3,4\n".to_vec(),
            ":3: found 3 columns",
        ),
        (
            b"timestamp,value\n1,2\nnever,4\n".to_vec(),
            ":3: found \"never\" for a timestamp",
        ),
        (b"1,2,3\n".to_vec(), ":1: found 3 columns and no header"),
        (
            b"a,b,c\n1,2,3\n".to_vec(),
            ":1: found a header without a column of durations",
        ),
        (
            b"{\"resourceSpans\": 5}\n".to_vec(),
            ":1: found no OTLP/JSON",
        ),
        (b"{nonsense\n{}\n".to_vec(), ":1: found no OTLP/JSON"),
        (
            b"1\n2\n\xff\xfe\x00\x01\n".to_vec(),
            ":3: found bytes that are no text",
        ),
        (
            b"\x7fELF\x02\x01\x01\x00\x00".to_vec(),
            ":1: found bytes that are no text",
        ),
        (b"".to_vec(), ": it is empty"),
        (b"# only this\n".to_vec(), ": it is empty"),
        (b"duration\n".to_vec(), ": there is no duration in it"),
        (b"nan\n-1\n".to_vec(), ": there is no duration in it"),
    ] {
        let file = place.file("input", &content);
        let outcome = replay(&place, &file).ends(2);
        assert!(
            outcome.err.contains(&format!("input{said}")),
            "{content:?}: {}",
            outcome.err
        );
        assert!(!outcome.err.contains("panicked"));
    }
    replay(&place, "none.txt").ends(3);
    replay(&place, ".").ends(2);
}

#[test]
fn gaps_and_times_that_jump_back_are_counted() {
    let place = Place::new();
    let mut text = "timestamp,value\n".to_owned();
    for (index, ms) in durations(7, 1000).into_iter().enumerate() {
        let at = if index == 500 {
            1_600_000_000
        } else {
            1_700_000_000 + index
        };
        match index {
            10 | 20 => text.push_str(&format!("{at},\n")),
            _ => text.push_str(&format!("{at},{ms:.3}\n")),
        }
    }
    let file = place.file("t.csv", text);
    let said = replay(&place, &file).ends(0);
    assert!(
        said.err
            .contains("2 left out: without a value (first: t.csv:12)"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("1 before the moment before"),
        "{}",
        said.err
    );
}

#[test]
fn a_hundred_thousand_names_are_no_trouble() {
    let place = Place::new();
    let text: String = (0..100_000)
        .map(|call| format!("tool-{call},5.0\n"))
        .collect();
    let file = place.file("names.csv", "tool,value\n".to_owned() + &text);
    let said = place
        .run(&["drift", "replay", &file, "--max-tools", "100"])
        .ends(0);
    assert!(
        said.err.contains("100000 samples, 0 events"),
        "{}",
        said.err
    );
    // Here and wherever else more is counted than can be watched.
    let gone = said.err.lines().find(|line| line.contains("gave way"));
    assert!(
        gone.is_none_or(|line| line.contains("99900 tools")),
        "{gone:?}"
    );
}

#[test]
fn standard_input_is_read_and_a_closed_pipe_is_no_error() {
    let place = Place::new();
    let mut child = place
        .command()
        .args(JSON)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = lines(slower(durations(8, 8000), 5000, 2.0));
    let mut to = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || to.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = Said::from(output).ends(0);
    assert_eq!(lasting(&said)[0]["tool_name"], "stdin");

    // Events enough to fill a pipe: a spike every hundred calls.
    let mut calls = durations(9, 400_000);
    calls
        .iter_mut()
        .skip(2000)
        .step_by(100)
        .for_each(|ms| *ms *= 1000.0);
    let file = place.file("spikes.txt", lines(calls));
    let mut child = place
        .command()
        .args(JSON)
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(
        status.success() && !err.contains("panicked"),
        "{status} {err}"
    );
}

#[test]
fn settings_out_of_range_are_told() {
    let place = Place::new();
    let file = place.file("t.txt", "1\n2\n");
    let said = place.run(&["drift", "replay", &file, "--threshold", "-1"]);
    assert_eq!(said.code, 2, "{said:?}");
    let said = place
        .run(&["drift", "replay", &file, "--threshold=-1"])
        .ends(2);
    assert!(said.err.contains("threshold"), "{}", said.err);
    let said = place
        .run(&["drift", "replay", &file, "--unit", "hours"])
        .ends(2);
    assert!(said.err.contains("ms"), "{}", said.err);
}
