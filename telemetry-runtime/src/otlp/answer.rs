//! What a backend says of a batch that it took: partial success.

use super::fields::{Field, read};
use super::refusal::printable;
use crate::export::Accepted;

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
    let rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
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
        ..Accepted::default()
    }
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
#[cfg(feature = "otlp-http")]
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
}
