//! A batch of records as push messages: lines by stream, sorted, their times told apart.

use std::collections::BTreeMap;
use std::ops::Range;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::line::Line;
use super::streams::{self, Streams};
use super::times::Times;
use crate::config;
use crate::logs::records;
use crate::names::log::{SPAN_ID, TRACE_ID};
use crate::otlp::loki::{PushRequest, snappy, snappy_literal};

/// What a message may come to, uncompressed. Loki's parts send one another 4 MiB at most.
const MAX_BYTES: usize = 3 << 20;

/// Turns batches into pushes; remembers streams and times from one to the next.
#[derive(Debug)]
pub(super) struct Pushes {
    max_line_bytes: usize,
    /// The transport compresses with gzip, and wants something to do.
    gzip: bool,
    streams: Streams,
    times: Times,
    /// Trace and span id go beside the line too, where Loki finds them without reading it. Off
    /// once Loki has said that it takes none.
    pub(super) metadata: bool,
}

/// One message, as a block of Snappy.
#[derive(Debug)]
pub(super) struct Push {
    pub(super) body: Vec<u8>,
    /// Lines in it.
    pub(super) lines: u64,
}

/// Lines that are not as they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// Longer than Loki takes.
    cut: u64,
    /// Without their tool's label: there are streams enough.
    unlabelled: u64,
}

impl Changes {
    /// By reason, without those that have not come about.
    pub(super) fn counted(self) -> Vec<(&'static str, u64)> {
        let all = [("cut", self.cut), ("max_streams", self.unlabelled)];
        all.into_iter().filter(|(_, lines)| *lines > 0).collect()
    }
}

/// A line in the buffer of its batch.
#[derive(Debug)]
struct Entry {
    time: u64,
    line: Range<usize>,
    trace_id: String,
    span_id: String,
}

impl Pushes {
    pub(super) fn new(loki: &config::Loki) -> Self {
        Self {
            max_line_bytes: loki.max_line_bytes,
            gzip: loki.backend.gzip,
            streams: Streams::new(loki),
            times: Times::default(),
            metadata: true,
        }
    }

    /// All of a batch, in as few messages as hold it.
    pub(super) fn of(&mut self, request: &ExportLogsServiceRequest) -> (Vec<Push>, Changes) {
        let mut changes = Changes::default();
        let mut text = Vec::new();
        let mut by_stream: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for record in records::of(request) {
            let line = Line::new(record);
            let (stream, labelled) = self.streams.of(streams::level(record), line.tool);
            let start = text.len();
            changes.unlabelled += u64::from(!labelled);
            changes.cut += u64::from(line.write(&mut text, self.max_line_bytes));
            by_stream.entry(stream).or_default().push(Entry {
                time: time(record),
                line: start..text.len(),
                trace_id: line.trace_id,
                span_id: line.span_id,
            });
        }
        for (stream, entries) in &mut by_stream {
            // Stable: lines of one moment keep the order in which they were written.
            entries.sort_by_key(|entry| entry.time);
            let times = entries.iter_mut().map(|entry| &mut entry.time);
            self.times.tell_apart(*stream, times);
        }
        (self.written(&text, &by_stream), changes)
    }

    fn written(&self, text: &[u8], by_stream: &BTreeMap<usize, Vec<Entry>>) -> Vec<Push> {
        let mut pushes = Vec::new();
        let (mut open, mut lines) = (PushRequest::default(), 0);
        for (stream, entries) in by_stream {
            let labels = self.streams.labels(*stream);
            let mut begun = false;
            for entry in entries {
                if lines > 0 && open.len() + entry.line.len() > MAX_BYTES {
                    pushes.push(self.push(std::mem::take(&mut open), lines));
                    (lines, begun) = (0, false);
                }
                if !begun {
                    open.stream(labels);
                    begun = true;
                }
                let ids = [
                    (TRACE_ID, entry.trace_id.as_str()),
                    (SPAN_ID, entry.span_id.as_str()),
                ];
                let ids = if self.metadata { &ids[..] } else { &[] };
                open.entry(entry.time, &text[entry.line.clone()], ids);
                lines += 1;
            }
        }
        if lines > 0 {
            pushes.push(self.push(open, lines));
        }
        pushes
    }

    fn push(&self, request: PushRequest, lines: u64) -> Push {
        let message = request.finish();
        let body = if self.gzip {
            snappy_literal(&message)
        } else {
            snappy(&message)
        };
        Push { body, lines }
    }
}

/// When it happened, or else when it came to be known.
fn time(record: &LogRecord) -> u64 {
    match record.time_unix_nano {
        0 => record.observed_time_unix_nano,
        time => time,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{config, record, request};
    use super::*;
    use crate::otlp::loki::testing::{Stream, decode};

    fn decoded(push: &Push) -> Vec<Stream> {
        decode(
            &snap::raw::Decoder::new()
                .decompress_vec(&push.body)
                .unwrap(),
        )
    }

    fn pushes() -> Pushes {
        Pushes::new(&config("http://localhost"))
    }

    #[test]
    fn lines_by_stream_sorted_by_time_with_their_ids_beside_them() {
        let failed = LogRecord {
            severity_number: 17,
            severity_text: "ERROR".to_owned(),
            trace_id: Vec::new(),
            span_id: Vec::new(),
            ..record(5, "failed", &[])
        };
        let batch = request(vec![
            record(7, "second", &[]),
            failed,
            record(6, "first", &[]),
            record(7, "third", &[]),
        ]);
        let (pushes, changes) = pushes().of(&batch);
        assert_eq!((pushes.len(), pushes[0].lines), (1, 4));
        assert_eq!(changes, Changes::default());
        let streams = decoded(&pushes[0]);
        let lines: Vec<_> = streams
            .iter()
            .flat_map(|stream| &stream.entries)
            .map(|entry| {
                let line: serde_json::Value = serde_json::from_str(&entry.line).unwrap();
                (
                    entry.time,
                    line["message"].as_str().unwrap().to_owned(),
                    entry.metadata.len(),
                )
            })
            .collect();
        let expected = [
            (6, "first", 2),
            (7, "second", 2),
            (8, "third", 2),
            (5, "failed", 0),
        ];
        assert_eq!(
            lines,
            expected.map(|(time, text, ids)| (time, text.to_owned(), ids))
        );
        assert_eq!(streams[0].entries[0].metadata["trace_id"], "ab".repeat(16));
        assert_eq!(streams[0].entries[0].metadata["span_id"], "cd".repeat(8));
        assert!(streams[1].labels.contains(r#"level="error""#));
    }

    #[test]
    fn what_is_too_much_for_one_message_becomes_several() {
        let long = "x".repeat(100_000);
        let batch = request((0..100).map(|time| record(time, &long, &[])).collect());
        let (pushes, _) = pushes().of(&batch);
        assert_eq!(pushes.iter().map(|push| push.lines).sum::<u64>(), 100);
        let mut times = Vec::new();
        for push in &pushes {
            let message = snap::raw::Decoder::new()
                .decompress_vec(&push.body)
                .unwrap();
            assert!(message.len() < 4 << 20);
            times.extend(decode(&message)[0].entries.iter().map(|entry| entry.time));
        }
        assert_eq!(times, (0..100).collect::<Vec<_>>());
        assert_eq!(pushes.len(), 4);
    }

    #[test]
    fn changes_are_counted() {
        let mut narrow = Pushes::new(&config::Loki {
            max_streams: 0,
            max_line_bytes: 300,
            ..config("http://localhost")
        });
        let batch = request(vec![
            record(1, &"x".repeat(1000), &[]),
            record(2, "short", &[]),
        ]);
        let (_, changes) = narrow.of(&batch);
        assert_eq!(changes.counted(), [("cut", 1), ("max_streams", 2)]);
    }

    #[test]
    fn for_gzip_the_block_is_literal() {
        let mut config = config("http://localhost");
        config.backend.gzip = true;
        let (pushes, _) = Pushes::new(&config).of(&request(vec![record(1, "plain text", &[])]));
        assert!(
            pushes[0]
                .body
                .windows(10)
                .any(|bytes| bytes == b"plain text")
        );
        assert_eq!(decoded(&pushes[0])[0].entries.len(), 1);
    }
}
