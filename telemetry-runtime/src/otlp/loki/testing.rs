//! Push messages read as Loki reads them: by a decoder that is not ours.

use std::collections::BTreeMap;

use prost::Message;

/// A stream of a push.
#[derive(Debug, PartialEq)]
pub(crate) struct Stream {
    pub(crate) labels: String,
    pub(crate) entries: Vec<Entry>,
}

/// A line of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Unix time, ns.
    pub(crate) time: u64,
    pub(crate) line: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Panics where the message is none.
pub(crate) fn decode(message: &[u8]) -> Vec<Stream> {
    let push = Push::decode(message).expect("a PushRequest");
    push.streams.into_iter().map(Stream::from).collect()
}

#[derive(Clone, PartialEq, Message)]
struct Push {
    #[prost(message, repeated, tag = "1")]
    streams: Vec<StreamAdapter>,
}

#[derive(Clone, PartialEq, Message)]
struct StreamAdapter {
    #[prost(string, tag = "1")]
    labels: String,
    #[prost(message, repeated, tag = "2")]
    entries: Vec<EntryAdapter>,
}

#[derive(Clone, PartialEq, Message)]
struct EntryAdapter {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(string, tag = "2")]
    line: String,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<LabelPair>,
}

#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

impl From<StreamAdapter> for Stream {
    fn from(stream: StreamAdapter) -> Self {
        Self {
            labels: stream.labels,
            entries: stream.entries.into_iter().map(Entry::from).collect(),
        }
    }
}

impl From<EntryAdapter> for Entry {
    fn from(entry: EntryAdapter) -> Self {
        let time = entry.timestamp.expect("each entry has its time");
        Self {
            time: time.seconds as u64 * super::SECOND + time.nanos as u64,
            line: entry.line,
            metadata: entry
                .metadata
                .into_iter()
                .map(|pair| (pair.name, pair.value))
                .collect(),
        }
    }
}
