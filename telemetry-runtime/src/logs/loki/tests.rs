//! Against servers that behave as servers should not.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use prost::Message;
use telemetry_fuzz::{Inputs, fuzz};

use super::testing::{config, record, request};
use super::*;
use crate::config::{Overflow, Queue, Secret};
use crate::export::{Cause, Destination, Lane, Signal, Tally};
use crate::otlp::loki::testing::decode;
use crate::otlp::testing::{Answer, LONG, Seen, answer, server, soon};

fn batch(first: u64, lines: u64) -> Batch {
    let records = (first..first + lines).map(|time| record(time, "line", &[]));
    Batch {
        signal: Signal::Logs,
        lane: Lane::Lines,
        items: lines,
        body: request(records.collect()).encode_to_vec(),
    }
}

fn loki(url: &str) -> Loki {
    Loki::new(&config(url)).unwrap()
}

fn taken() -> Answer {
    Answer::Stay(answer("204 No Content", "", b""))
}

fn says(status: &str, headers: &str, text: &str) -> Answer {
    Answer::Stay(answer(status, headers, text.as_bytes()))
}

fn times(seen: &Seen) -> Vec<u64> {
    let message = snap::raw::Decoder::new()
        .decompress_vec(&seen.body)
        .unwrap();
    decode(&message)
        .iter()
        .flat_map(|stream| stream.entries.iter().map(|entry| entry.time))
        .collect()
}

#[test]
fn a_push_with_tenant_and_key() {
    let (url, seen) = server(vec![taken()]);
    let mut config = config(&url);
    config.backend.headers = vec![
        ("X-Scope-OrgID".to_owned(), Secret("tenant-1".to_owned())),
        (
            "authorization".to_owned(),
            Secret("Bearer hush-hush".to_owned()),
        ),
    ];
    let accepted = Loki::new(&config)
        .unwrap()
        .export(&batch(1, 3), soon())
        .unwrap();
    assert_eq!(
        (accepted.rejected, accepted.message, accepted.changed),
        (0, None, vec![])
    );
    let seen = seen.recv().unwrap();
    assert_eq!(seen.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(seen.header("content-encoding"), None, "Loki expects Snappy");
    assert_eq!(seen.header("x-scope-orgid"), Some("tenant-1"));
    assert_eq!(seen.header("authorization"), Some("Bearer hush-hush"));
    assert_eq!(times(&seen), [1, 2, 3]);
}

#[test]
fn gzip_is_around_snappy() {
    let (url, seen) = server(vec![taken()]);
    let mut config = config(&url);
    config.backend.gzip = true;
    Loki::new(&config)
        .unwrap()
        .export(&batch(1, 1000), soon())
        .unwrap();
    let mut seen = seen.recv().unwrap();
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    let sent = seen.body.len();
    let mut block = Vec::new();
    flate2::read::GzDecoder::new(seen.body.as_slice())
        .read_to_end(&mut block)
        .unwrap();
    assert!(sent < block.len() / 10, "{sent} of {}", block.len());
    seen.body = block;
    assert_eq!(times(&seen).len(), 1000);
}

/// Loki knows by time and line what it has already.
#[test]
fn what_is_sent_again_is_the_same() {
    for (status, header, after) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", Some(7)),
        ("500 Internal Server Error", "", None),
        ("503 Service Unavailable", "", None),
    ] {
        let (url, seen) = server(vec![says(status, header, "busy"), taken()]);
        let mut loki = loki(&url);
        let refused = loki.export(&batch(1, 3), soon()).unwrap_err();
        let Refused::Retry { after: asked, why } = refused else {
            panic!("{status}: {refused:?}")
        };
        assert_eq!(asked, after.map(Duration::from_secs));
        assert!(why.ends_with(&format!("{status}: busy")), "{why}");
        loki.export(&batch(1, 3), soon()).unwrap();
        assert_eq!(seen.recv().unwrap().body, seen.recv().unwrap().body);
    }
}

#[test]
fn another_batch_in_between_is_another_batch() {
    let (url, seen) = server(vec![says("503 No", "", ""), taken(), taken()]);
    let mut loki = loki(&url);
    loki.export(&batch(1, 1), soon()).unwrap_err();
    loki.export(&batch(7, 2), soon()).unwrap();
    loki.export(&batch(1, 1), soon()).unwrap();
    let seen: Vec<_> = seen.iter().take(3).map(|seen| times(&seen)).collect();
    assert_eq!(
        seen,
        [vec![1], vec![7, 8], vec![2]],
        "told apart from the first, which may be there"
    );
}

#[test]
fn what_loki_refuses_for_good_is_told_in_its_words() {
    for status in [
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "413 Payload Too Large",
    ] {
        let (url, _seen) = server(vec![says(status, "", "entry too far behind\n")]);
        let refused = loki(&url).export(&batch(1, 3), soon()).unwrap_err();
        let Refused::Lost { why } = &refused else {
            panic!("{status}: {refused:?}")
        };
        assert!(
            why.ends_with(&format!("{status}: entry too far behind")),
            "{why}"
        );
        assert!(!why.contains("hush"), "{why}");
    }
}

#[test]
fn of_several_pushes_each_has_its_own_fate() {
    let long = "x".repeat(100_000);
    let records: Vec<_> = (0..100).map(|time| record(time, &long, &[])).collect();
    let batch = Batch {
        items: 100,
        body: request(records).encode_to_vec(),
        ..batch(1, 1)
    };
    let (url, seen) = server(vec![
        taken(),
        says("503 No", "", ""),
        says("400 Bad Request", "", "no"),
        taken(),
        taken(),
    ]);
    let mut loki = loki(&url);
    loki.export(&batch, soon()).unwrap_err();
    let accepted = loki.export(&batch, soon()).unwrap();
    let pushes: Vec<_> = seen
        .iter()
        .take(5)
        .map(|seen| times(&seen).len() as u64)
        .collect();
    assert_eq!(pushes[1], pushes[2], "sent again, and the first is not");
    assert_eq!(accepted.rejected, pushes[2]);
    assert_eq!(pushes[0] + pushes[2] + pushes[3] + pushes[4], 100);
    assert!(accepted.message.unwrap().ends_with("400 Bad Request: no"));
}

#[test]
fn ids_are_in_the_line_only_where_loki_takes_none_beside_it() {
    let refusal = "stream '{}' includes structured metadata, but this feature is disallowed. \
                   Please see `limits_config.allow_structured_metadata`";
    let (url, seen) = server(vec![says("400 Bad Request", "", refusal), taken(), taken()]);
    let mut loki = loki(&url);
    loki.export(&batch(1, 2), soon()).unwrap();
    loki.export(&batch(3, 2), soon()).unwrap();
    let metadata: Vec<_> = seen
        .iter()
        .take(3)
        .map(|seen| {
            let message = snap::raw::Decoder::new()
                .decompress_vec(&seen.body)
                .unwrap();
            let entry = &decode(&message)[0].entries[0];
            (entry.metadata.len(), entry.line.contains(&"ab".repeat(16)))
        })
        .collect();
    assert_eq!(metadata, [(2, true), (0, true), (0, true)]);
}

#[test]
fn garbage_for_an_answer_and_garbage_for_a_batch() {
    let half = answer("204 No Content", "", b"");
    for bytes in [
        b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        half[..20].to_vec(),
        Vec::new(),
    ] {
        let (url, _seen) = server(vec![Answer::Close(bytes)]);
        let refused = loki(&url).export(&batch(1, 1), soon()).unwrap_err();
        assert!(matches!(refused, Refused::Retry { .. }), "{refused:?}");
    }
    let garbage = Batch {
        body: vec![0xff; 100],
        ..batch(1, 1)
    };
    let refused = loki("http://localhost:1")
        .export(&garbage, soon())
        .unwrap_err();
    assert!(matches!(refused, Refused::Lost { .. }), "{refused:?}");
}

fn destination(url: &str, max_bytes: usize, overflow: Overflow) -> (Destination, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let config = config(url);
    let make = move || Ok(Box::new(Loki::new(&config)?) as Box<dyn Exporter>);
    let queue = Queue {
        max_bytes,
        overflow,
    };
    let started = Destination::start("loki", Signal::Logs, make, queue, Arc::clone(&tally));
    (started.unwrap(), tally)
}

/// Loki that accepts and never answers: what waits is bounded, the rest is counted, the end comes
/// when it was asked for.
#[test]
fn a_loki_that_hangs_holds_nobody_up() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let (url, seen) = server(vec![Answer::Hang]);
        let (destination, tally) = destination(&url, 10_000, overflow);
        destination.push(Arc::new(batch(0, 10)));
        seen.recv_timeout(LONG).unwrap();
        for first in 1..100 {
            destination.push(Arc::new(batch(first * 10, 10)));
            assert!(tally.counts().queue_bytes <= 10_000);
        }
        let counts = tally.counts();
        let waiting = 1000 - counts.dropped(Cause::QueueFull);
        assert!(counts.dropped(Cause::QueueFull) > 0 && waiting > 0);
        let deadline = Instant::now() + Duration::from_millis(100);
        assert!(!destination.shutdown(deadline));
        assert!(deadline.elapsed() < LONG / 2);
        let counts = tally.counts();
        assert_eq!(counts.dropped(Cause::Shutdown), waiting);
        assert_eq!(counts.dropped_total(), 1000);
    }
}

/// One attempt, however many batches wait: no busy loop.
#[test]
fn a_wish_to_wait_is_heard() {
    let (url, seen) = server(vec![says(
        "429 Too Many Requests",
        "retry-after: 3600\r\n",
        "",
    )]);
    let (destination, tally) = destination(&url, 1 << 20, Overflow::DropNewest);
    for first in 0..10 {
        destination.push(Arc::new(batch(first, 1)));
    }
    seen.recv_timeout(LONG).unwrap();
    while tally.counts().failures == 0 {
        std::thread::yield_now();
    }
    for first in 10..20 {
        destination.push(Arc::new(batch(first, 1)));
    }
    assert!(seen.recv_timeout(Duration::from_millis(300)).is_err());
    assert_eq!(tally.counts().failures, 1);
    destination.shutdown(Instant::now());
    assert_eq!(tally.counts().dropped_total(), 20);
}

/// Every record becomes a line of JSON of bounded length, in a push that Loki reads.
#[test]
fn fuzz_batches_for_loki() {
    let whole = request(vec![
        record(1, &"ä\u{1b}[31m\"".repeat(700), &[]),
        record(2, "two", &[("n", Any::DoubleValue(f64::NAN))]),
    ]);
    let inputs = Inputs {
        seeds: &[&whole.encode_to_vec()],
        words: &[
            "tool.name",
            "trace_id",
            "level",
            "message",
            "\x0a\x00",
            "\x12\x02",
        ],
    };
    let mut config = config("http://localhost:3100");
    config.max_line_bytes = 4096;
    let tried = fuzz("log records for Loki", inputs, |body| {
        let request = decode_logs(body).ok()?;
        let records = crate::logs::records::of(&request).count();
        let (pushes, changes) = Pushes::new(&config).of(&request);
        let mut lines = 0;
        for push in &pushes {
            let message = snap::raw::Decoder::new()
                .decompress_vec(&push.body)
                .expect("Snappy");
            for entry in decode(&message)
                .into_iter()
                .flat_map(|stream| stream.entries)
            {
                assert!(entry.line.len() <= config.max_line_bytes, "{}", entry.line);
                serde_json::from_str::<serde_json::Value>(&entry.line).expect("JSON");
                lines += 1;
            }
        }
        assert_eq!(lines, records);
        Some((lines.checked_ilog2(), changes.counted()))
    });
    assert!(tried.became.len() > 5, "{tried}");
}
