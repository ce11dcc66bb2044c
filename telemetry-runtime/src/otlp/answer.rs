//! What a backend says back: partial success, and why it refused.

use std::time::Duration;

use super::wire::{Field, read};
use crate::export::Accepted;

/// Longest text of a backend that is kept, in characters.
const LONGEST: usize = 300;

/// `Export…ServiceResponse`: `rejected` is field 1 and `error_message` field 2 of `partial_success`,
/// the same for all signals. What cannot be read counts as accepted: the backend said so.
pub(crate) fn accepted(body: &[u8]) -> Accepted {
    let partial = read(body).and_then(|fields| match fields.as_slice() {
        [.., (1, Field::Bytes(partial))] => read(partial),
        _ => None,
    });
    let mut accepted = Accepted::default();
    for field in partial.unwrap_or_default() {
        match field {
            (1, Field::Varint(rejected)) => accepted.rejected = positive(rejected as i64),
            (2, Field::Bytes(message)) if !message.is_empty() => {
                accepted.message = Some(printable(&String::from_utf8_lossy(message)));
            }
            _ => {}
        }
    }
    accepted
}

/// The same in JSON: `{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "…"}}`.
#[cfg(feature = "_proto")]
pub(crate) fn accepted_json(body: &[u8]) -> Accepted {
    use serde_json::Value;

    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let rejected = ["rejectedSpans", "rejectedDataPoints"]
        .iter()
        .find_map(|key| match &partial[key] {
            Value::String(number) => number.parse().ok(),
            number => number.as_i64(),
        });
    let message = partial["errorMessage"]
        .as_str()
        .filter(|message| !message.is_empty());
    Accepted {
        rejected: rejected.map_or(0, positive),
        message: message.map(printable),
    }
}

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
            (1, Field::Varint(value)) => seconds = positive(value as i64),
            (2, Field::Varint(value)) => nanos = u32::try_from(value).unwrap_or(0).min(999_999_999),
            _ => {}
        }
    }
    Some(Duration::new(seconds, nanos))
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
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
    use super::super::wire;
    use super::*;

    #[test]
    fn partial_success_in_both_encodings() {
        let mut body = Vec::new();
        wire::message(&mut body, 1, |partial| {
            wire::number(partial, 1, 3);
            wire::bytes(partial, 2, b"too\x1b[31m old");
        });
        let json =
            br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\u001b[31m old"}}"#;
        for accepted in [accepted(&body), accepted_json(json)] {
            assert_eq!(accepted.rejected, 3);
            assert_eq!(accepted.message.as_deref(), Some("too [31m old"));
        }
        assert_eq!(
            accepted_json(br#"{"partialSuccess":{"rejectedDataPoints":7}}"#).rejected,
            7
        );
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_an_acceptance() {
        for body in [
            &b""[..],
            b"<html>",
            b"{",
            b"[]",
            b"null",
            &[0xff; 40],
            &[0x0a, 2, 0x08],
        ] {
            for accepted in [accepted(body), accepted_json(body)] {
                assert_eq!((accepted.rejected, accepted.message), (0, None), "{body:?}");
            }
        }
        let mut negative = Vec::new();
        wire::message(&mut negative, 1, |partial| {
            wire::number(partial, 1, -1_i64 as u64)
        });
        assert_eq!(accepted(&negative).rejected, 0);
    }

    #[test]
    fn retry_info_is_found() {
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
        assert_eq!(
            status(&body),
            Some(("busy".to_owned(), Some(Duration::from_millis(2500))))
        );
        assert_eq!(status(b"upstream connect error"), None);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(printable(&"ä".repeat(1000)).chars().count(), LONGEST + 1);
        assert_eq!(printable(" a\r\n\tb "), "a b");
    }
}
