//! Loki's push messages (`logproto.PushRequest`), written field by field.

use super::wire::{self, LONG, SHORT};

/// `PushRequest.streams`
const STREAMS: u32 = 1;
/// `StreamAdapter.labels`
const LABELS: u32 = 1;
/// `StreamAdapter.entries`
const ENTRIES: u32 = 2;
/// `EntryAdapter.timestamp`
const TIMESTAMP: u32 = 1;
/// `EntryAdapter.line`
const LINE: u32 = 2;
/// `EntryAdapter.structuredMetadata`
const METADATA: u32 = 3;

const SECOND: u64 = 1_000_000_000;

/// One push in the making: its streams, one after the other.
#[derive(Debug, Default)]
pub(crate) struct PushRequest {
    body: Vec<u8>,
    /// Where the open stream began.
    stream: Option<usize>,
}

impl PushRequest {
    /// Begins a stream; `labels` is its selector, braces and all.
    pub(crate) fn stream(&mut self, labels: &str) {
        self.end_stream();
        self.stream = Some(wire::open(&mut self.body, STREAMS, LONG));
        wire::bytes(&mut self.body, LABELS, labels.as_bytes());
    }

    /// A line of the stream that was begun last. `time` is Unix time in nanoseconds; metadata
    /// with an empty value is left out.
    pub(crate) fn entry(&mut self, time: u64, line: &[u8], metadata: &[(&str, &str)]) {
        let start = wire::open(&mut self.body, ENTRIES, LONG);
        wire::message(&mut self.body, TIMESTAMP, |out| {
            wire::number(out, 1, time / SECOND);
            wire::number(out, 2, time % SECOND);
        });
        wire::bytes(&mut self.body, LINE, line);
        for (name, value) in metadata.iter().filter(|(_, value)| !value.is_empty()) {
            let start = wire::open(&mut self.body, METADATA, SHORT);
            wire::bytes(&mut self.body, 1, name.as_bytes());
            wire::bytes(&mut self.body, 2, value.as_bytes());
            wire::close(&mut self.body, start, SHORT);
        }
        wire::close(&mut self.body, start, LONG);
    }

    /// Length of what is written so far.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// The whole message.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end_stream();
        self.body
    }

    fn end_stream(&mut self) {
        if let Some(start) = self.stream.take() {
            wire::close(&mut self.body, start, LONG);
        }
    }
}

/// The message as Loki wants it: one block of Snappy.
pub(crate) fn snappy(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new()
        .compress_vec(message)
        .expect("a push is far under Snappy's 4 GiB")
}

/// The same, all of it literal. Loki expects a block of Snappy below a `content-encoding: gzip`
/// too; what is compressed already would leave gzip nothing to do.
pub(crate) fn snappy_literal(message: &[u8]) -> Vec<u8> {
    /// The tag of a literal whose length, less one, takes the two bytes that follow.
    const TWO_BYTES: u8 = 61 << 2;

    let mut out = Vec::with_capacity(message.len() + message.len() / 8192 + 16);
    wire::varint(&mut out, message.len() as u64);
    for piece in message.chunks(1 << 16) {
        out.push(TWO_BYTES);
        out.extend_from_slice(&((piece.len() - 1) as u16).to_le_bytes());
        out.extend_from_slice(piece);
    }
    out
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::testing::{Entry, Stream, decode};
    use super::*;

    #[test]
    fn a_push_is_read_back() {
        let mut push = PushRequest::default();
        push.stream("{a=\"b\"}");
        push.entry(
            1_700_000_000_123_456_789,
            b"one",
            &[("trace_id", "ab"), ("span_id", "")],
        );
        push.entry(999_999_999, "zwei ä".as_bytes(), &[]);
        push.stream("{a=\"c\"}");
        let long = "x".repeat(300_000);
        push.entry(0, long.as_bytes(), &[]);
        assert!(push.len() > 300_000);
        let entry = |time, line: &str, metadata: &[(&str, &str)]| Entry {
            time,
            line: line.to_owned(),
            metadata: metadata
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        assert_eq!(
            decode(&push.finish()),
            [
                Stream {
                    labels: "{a=\"b\"}".to_owned(),
                    entries: vec![
                        entry(1_700_000_000_123_456_789, "one", &[("trace_id", "ab")]),
                        entry(999_999_999, "zwei ä", &[]),
                    ],
                },
                Stream {
                    labels: "{a=\"c\"}".to_owned(),
                    entries: vec![entry(0, &long, &[])],
                },
            ]
        );
    }

    #[test]
    fn both_blocks_of_snappy_are_read_back() {
        let mut noise = fastrand::Rng::with_seed(7);
        for length in [
            0, 1, 59, 60, 61, 255, 256, 65_535, 65_536, 65_537, 1_000_000,
        ] {
            let message: Vec<u8> = std::iter::repeat_with(|| noise.u8(..))
                .take(length)
                .collect();
            for block in [snappy(&message), snappy_literal(&message)] {
                let read = snap::raw::Decoder::new().decompress_vec(&block).unwrap();
                assert!(read == message, "{length}");
            }
        }
    }
}
