//! What a backend says of a batch that it took: partial success.

use super::fields::{Field, read};
use super::refusal::printable;
use crate::export::Accepted;

/// `Export…ServiceResponse`: `rejected` is field 1 and `error_message` field 2 of `partial_success`,
/// the same for all signals. What cannot be read counts as accepted: the backend said so. A
/// message that comes in pieces is the fields of all, the last of each.
pub(crate) fn accepted(body: &[u8]) -> Accepted {
    let mut accepted = Accepted::default();
    for field in read(body).unwrap_or_default() {
        let (1, Field::Bytes(partial)) = field else {
            continue;
        };
        for field in read(partial).unwrap_or_default() {
            match field {
                (1, Field::Varint(rejected)) => accepted.rejected = positive(rejected as i64),
                (2, Field::Bytes(message)) => {
                    let message = printable(&String::from_utf8_lossy(message));
                    accepted.message = Some(message).filter(|message| !message.is_empty());
                }
                _ => {}
            }
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
    use telemetry_fuzz::{Inputs, fuzz};

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

    /// Where it is a message, it says what prost reads in it.
    #[test]
    fn fuzz_answers() {
        use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
        use prost::Message;

        let mut partial = Vec::new();
        wire::message(&mut partial, 1, |partial| {
            wire::number(partial, 1, 300);
            wire::bytes(partial, 2, b"too old");
        });
        let inputs = Inputs {
            seeds: &[&partial, b""],
            words: &["\x0a\x02\x08\x01", "\x10\x01", "\x1a\x00", "\x12\x01a"],
        };
        let tried = fuzz("OTLP answer", inputs, |body| {
            let ours = accepted(body);
            let message = ours.message.unwrap_or_default();
            assert!(!message.contains(char::is_control));
            let theirs = ExportTraceServiceResponse::decode(body);
            let has_group = !is_read(body);
            if let (Ok(theirs), false) = (&theirs, has_group) {
                let theirs = theirs.partial_success.clone().unwrap_or_default();
                assert_eq!(ours.rejected, positive(theirs.rejected_spans));
                assert_eq!(message, printable(&theirs.error_message));
            }
            (theirs.is_ok(), ours.rejected.min(1000), message.len())
        });
        assert!(tried.became.len() > 10, "{tried}");
    }

    /// Whether there is nothing in it that we do not read: groups, which OTLP has none of.
    fn is_read(body: &[u8]) -> bool {
        read(body).is_some_and(|fields| {
            fields.iter().all(|field| match field {
                (1, Field::Bytes(partial)) => read(partial).is_some(),
                _ => true,
            })
        })
    }

    #[test]
    fn fuzz_answers_in_json() {
        let inputs = Inputs {
            seeds: &[
                br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#,
                br#"{"partialSuccess":{"rejectedDataPoints":3}}"#,
            ],
            words: &[
                "\"", "{", "}", "[", "]", "null", ":", ",", "\\u0000", "\\ud800",
            ],
        };
        let tried = fuzz("OTLP answer in JSON", inputs, |body| {
            let accepted = accepted_json(body);
            let message = accepted.message.unwrap_or_default();
            assert!(!message.contains(char::is_control));
            (accepted.rejected, message.len())
        });
        assert!(tried.became.len() > 10, "{tried}");
    }
}
