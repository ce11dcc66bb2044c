//! Why a backend did not take a batch, in its own words.

use std::time::Duration;

use super::fields::{Field, read};

/// Longest text of a backend that is kept, in characters.
const LONGEST: usize = 300;

/// The message of a `google.rpc.Status`, and how long its `RetryInfo` asks to wait.
pub(crate) fn status(body: &[u8]) -> Option<(String, Option<Duration>)> {
    let mut message = String::new();
    let mut after = None;
    for field in read(body)? {
        match field {
            (2, Field::Bytes(text)) => message = printable(std::str::from_utf8(text).ok()?),
            (3, Field::Bytes(detail)) => after = after.or(retry_info(detail)),
            _ => {}
        }
    }
    Some((message, after))
}

/// A `google.protobuf.Any` with a `RetryInfo { retry_delay: Duration }` in it.
fn retry_info(detail: &[u8]) -> Option<Duration> {
    let fields = read(detail)?;
    let bytes = |fields: &[(u64, Field<'_>)], number| {
        fields.iter().find_map(|field| match field {
            (n, Field::Bytes(bytes)) if *n == number => Some(bytes.to_vec()),
            _ => None,
        })
    };
    let kind = bytes(&fields, 1)?;
    if !kind.ends_with(b"google.rpc.RetryInfo") {
        return None;
    }
    let (mut seconds, mut nanos) = (0, 0);
    let info = bytes(&fields, 2).unwrap_or_default();
    let delay = bytes(&read(&info)?, 1).unwrap_or_default();
    for field in read(&delay)? {
        match field {
            (1, Field::Varint(value)) => seconds = u64::try_from(value as i64).unwrap_or(0),
            (2, Field::Varint(value)) => nanos = u32::try_from(value).unwrap_or(0).min(999_999_999),
            _ => {}
        }
    }
    Some(Duration::new(seconds, nanos))
}

/// One line of bounded length, without control characters.
pub(crate) fn printable(text: &str) -> String {
    let line: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::super::wire;
    use super::*;

    fn busy() -> Vec<u8> {
        let mut body = Vec::new();
        wire::number(&mut body, 1, 14);
        wire::bytes(&mut body, 2, b"busy");
        wire::message(&mut body, 3, |any| {
            wire::bytes(any, 1, b"type.googleapis.com/google.rpc.RetryInfo");
            wire::message(any, 2, |info| {
                wire::message(info, 1, |delay| {
                    wire::number(delay, 1, 2);
                    wire::number(delay, 2, 500_000_000);
                });
            });
        });
        body
    }

    #[test]
    fn retry_info_is_found() {
        assert_eq!(
            status(&busy()),
            Some(("busy".to_owned(), Some(Duration::from_millis(2500))))
        );
        assert_eq!(status(b"upstream connect error"), None);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(printable(&"ä".repeat(1000)).chars().count(), LONGEST + 1);
        assert_eq!(printable(" a\r\n\tb "), "a b");
    }

    /// Also what stands in gRPC's `grpc-status-details-bin`.
    #[test]
    fn fuzz_statuses() {
        let inputs = Inputs {
            seeds: &[&busy(), b"\x08\x03\x12\x02no"],
            words: &[
                "\x1a",
                "\x12",
                "google.rpc.RetryInfo",
                "\x08\x02",
                "\x10\x05",
            ],
        };
        let tried = fuzz("google.rpc.Status", inputs, |body| {
            let status = status(body);
            if let Some((message, after)) = &status {
                assert!(!message.contains(char::is_control));
                assert!(message.chars().count() <= LONGEST + 1);
                assert!(after.is_none_or(|after| after.subsec_nanos() < 1_000_000_000));
            }
            status.map(|(message, after)| (message.len(), after.is_some()))
        });
        assert!(tried.became.len() > 10, "{tried}");
    }
}
