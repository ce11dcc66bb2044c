use std::sync::mpsc::Receiver;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use serde_json::Value;

use super::super::loki::testing::{config, record, request};
use super::*;
use crate::export::samples::string;
use crate::export::{Lane, Signal};
use crate::otlp::loki::testing::{Stream, decode};
use crate::otlp::testing::{Answer, Seen, answer, server, soon};

fn batch(records: Vec<LogRecord>) -> Batch {
    Batch {
        signal: Signal::Logs,
        lane: Lane::Lines,
        items: records.len() as u64,
        body: request(records).encode_to_vec(),
    }
}

/// A Loki at the path that the crate expects.
fn loki(answers: Vec<Answer>) -> (TracingLoki, Receiver<Seen>) {
    let (url, seen) = server(answers);
    let (url, _) = url.split_once("/v1/").unwrap();
    (
        TracingLoki::new(&config(&format!("{url}/{PATH}"))).unwrap(),
        seen,
    )
}

fn says(status: &str) -> Answer {
    Answer::Close(answer(status, "", b""))
}

fn streams(seen: &Seen) -> Vec<Stream> {
    decode(
        &snap::raw::Decoder::new()
            .decompress_vec(&seen.body)
            .unwrap(),
    )
}

#[test]
fn lines_by_tool_and_level_with_the_names_that_queries_have() {
    let (mut loki, seen) = loki(vec![says("204 No Content"), says("204 No Content")]);
    let mut outside = record(2, "outside", &[]);
    outside.attributes.clear();
    let call = record(
        1,
        "slow",
        &[
            ("duration_ms", Any::DoubleValue(5000.5)),
            ("status", Any::StringValue("success".to_owned())),
            ("rows", Any::IntValue(3)),
        ],
    );
    let accepted = loki.export(&batch(vec![call, outside]), soon()).unwrap();
    assert_eq!((accepted.rejected, accepted.changed), (0, vec![]));
    let first = streams(&seen.recv().unwrap());
    assert_eq!(
        first[0].labels,
        r#"{application="shop",environment="test",tool_name="load",level="info"}"#
    );
    let line: Value = serde_json::from_str(&first[0].entries[0].line).unwrap();
    assert_eq!(
        (&line["message"], &line["level"], &line["duration_ms"]),
        (&"slow".into(), &"INFO".into(), &5000.5.into())
    );
    assert_eq!(line["trace_id"], "ab".repeat(16));
    assert_eq!(line["fields"], r#"{"rows":3}"#);
    let second = streams(&seen.recv().unwrap());
    assert!(
        !second[0].labels.contains("tool_name"),
        "{}",
        second[0].labels
    );
}

/// More than its channel holds.
#[test]
fn a_burst_loses_nothing() {
    let (mut loki, seen) = loki(vec![says("204 No Content"); 13]);
    let records: Vec<_> = (0..1300)
        .map(|number| record(number, &number.to_string(), &[]))
        .collect();
    loki.export(&batch(records), soon()).unwrap();
    let lines: Vec<_> = seen
        .iter()
        .take(13)
        .flat_map(|seen| streams(&seen).remove(0).entries)
        .map(|entry| serde_json::from_str::<Value>(&entry.line).unwrap()["message"].clone())
        .collect();
    let all: Vec<Value> = (0..1300).map(|number| number.to_string().into()).collect();
    assert_eq!(lines, all);
}

#[test]
fn what_it_says_of_a_failure_is_heard() {
    for (status, lost) in [
        ("400 Bad Request", true),
        ("429 Too Many Requests", false),
        ("503 Service Unavailable", false),
    ] {
        let (mut loki, seen) = loki(vec![says(status), says("204 No Content")]);
        let refused = loki
            .export(&batch(vec![record(1, "m", &[])]), soon())
            .unwrap_err();
        assert_eq!(
            matches!(refused, Refused::Lost { .. }),
            lost,
            "{status}: {refused:?}"
        );
        let (Refused::Lost { why } | Refused::Retry { why, .. }) = refused;
        assert!(why.contains(&status[..3]) && !why.contains("://"), "{why}");
        if !lost {
            loki.export(&batch(vec![record(1, "m", &[])]), soon())
                .unwrap();
            assert_eq!(seen.iter().take(2).count(), 2);
        }
    }
}

#[test]
fn one_that_hangs_is_let_go() {
    let (mut loki, _seen) = loki(vec![Answer::Hang]);
    let deadline = Instant::now() + Duration::from_millis(100);
    let refused = loki
        .export(&batch(vec![record(1, "m", &[])]), deadline)
        .unwrap_err();
    assert!(
        matches!(&refused, Refused::Retry { why, .. } if why.contains("no answer")),
        "{refused:?}"
    );
}

#[test]
fn tools_beyond_the_bound_share_a_layer_and_are_counted() {
    let (mut loki, seen) = loki(vec![says("204 No Content"); 3]);
    loki.max_tools = 1;
    let records = ["one", "two", "one"].map(|tool| LogRecord {
        attributes: vec![string("tool.name", tool)],
        ..record(1, tool, &[])
    });
    let accepted = loki.export(&batch(records.to_vec()), soon()).unwrap();
    assert_eq!(accepted.changed, [("max_streams", 1)]);
    let labels: Vec<_> = seen
        .iter()
        .take(2)
        .map(|seen| streams(&seen).remove(0).labels.contains("tool_name"))
        .collect();
    assert_eq!(labels, [true, false]);
}

#[test]
fn what_it_cannot_do_is_an_error_at_once() {
    let mut digits = config(&format!("http://localhost/{PATH}"));
    digits.labels.insert("team1".to_owned(), "a".to_owned());
    for (config, why) in [
        (config("http://localhost/push"), "/loki/api/v1/push"),
        (config(&format!("https://localhost/{PATH}")), "builtin"),
        (digits, "invalid label character"),
    ] {
        let error = TracingLoki::new(&config).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
    }
}
