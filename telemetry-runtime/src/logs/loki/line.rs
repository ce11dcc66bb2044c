//! A record as the line that Loki keeps: one JSON object.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;

use crate::export::attributes;
use crate::logs::fields;
use crate::names::{attribute, log};

/// The parts of a record, sorted into the names of a line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    record: &'a LogRecord,
    pub(super) tool: &'a str,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    duration_ms: Option<&'a AnyValue>,
    status: Option<&'a AnyValue>,
    error_type: Option<&'a AnyValue>,
    fields: Vec<(Cow<'a, str>, Option<&'a AnyValue>)>,
}

impl<'a> Line<'a> {
    pub(super) fn new(record: &'a LogRecord) -> Self {
        let mut line = Self {
            record,
            tool: "",
            trace_id: attributes::hex(&record.trace_id),
            span_id: attributes::hex(&record.span_id),
            duration_ms: None,
            status: None,
            error_type: None,
            fields: Vec::with_capacity(record.attributes.len() + 1),
        };
        record
            .attributes
            .iter()
            .for_each(|attribute| line.sort(attribute));
        line
    }

    /// Appends the object, of at most `max_bytes`. Gives whether something was cut for that.
    pub(super) fn write(&self, out: &mut Vec<u8>, max_bytes: usize) -> bool {
        let start = out.len();
        self.object(out, usize::MAX, &self.fields);
        if out.len() - start <= max_bytes {
            return false;
        }
        // Half of it is usually one text; what it takes to write the others is not known before.
        let mut longest = max_bytes;
        while longest > SHORTEST {
            longest /= 2;
            out.truncate(start);
            self.object(out, longest, &self.fields);
            if out.len() - start <= max_bytes {
                return true;
            }
        }
        // It is not long, it is many.
        let mut kept = self.fields.len();
        while kept > 0 {
            kept /= 2;
            out.truncate(start);
            self.object(out, SHORTEST, &self.fields[..kept]);
            if out.len() - start <= max_bytes {
                break;
            }
        }
        true
    }

    /// An attribute goes where its name says, unless its value is none of that name.
    fn sort(&mut self, attribute: &'a KeyValue) {
        let value = attribute.value.as_ref();
        match (attribute.key.as_str(), any(value)) {
            (attribute::TOOL_NAME, Some(Any::StringValue(name))) => self.tool = name,
            (attribute::ERROR_TYPE, Some(Any::StringValue(_))) => self.error_type = value,
            (log::STATUS, Some(Any::StringValue(_))) => self.status = value,
            (log::DURATION_MS, Some(Any::DoubleValue(number))) if number.is_finite() => {
                self.duration_ms = value;
            }
            (log::DURATION_MS, Some(Any::IntValue(_))) => self.duration_ms = value,
            (key, _) => {
                let key = fields::name(key);
                match self.fields.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, earlier)) => *earlier = value,
                    None => self.fields.push((key, value)),
                }
            }
        }
    }

    /// The whole object, no text in it longer than `longest` bytes.
    fn object(
        &self,
        out: &mut Vec<u8>,
        longest: usize,
        fields: &[(Cow<'_, str>, Option<&AnyValue>)],
    ) {
        out.push(b'{');
        key(out, log::MESSAGE);
        match any(self.record.body.as_ref()) {
            Some(Any::StringValue(text)) => cut_string(out, text, longest),
            _ => cut_string(out, &attributes::text(self.record.body.as_ref()), longest),
        }
        key(out, log::LEVEL);
        cut_string(out, &self.level(), longest);
        let texts = [
            (log::TOOL_NAME, self.tool),
            (log::TRACE_ID, &self.trace_id),
            (log::SPAN_ID, &self.span_id),
        ];
        for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
            key(out, name);
            cut_string(out, text, longest);
        }
        let known = [
            (log::DURATION_MS, self.duration_ms),
            (log::STATUS, self.status),
            (log::ERROR_TYPE, self.error_type),
        ];
        for (name, known) in known {
            if known.is_some() {
                key(out, name);
                value(out, known, longest);
            }
        }
        for (name, field) in fields {
            key(out, name);
            value(out, *field, longest);
        }
        out.push(b'}');
    }

    /// The level in upper case.
    fn level(&self) -> Cow<'_, str> {
        match self.record.severity_text.as_str() {
            "" => super::streams::level(self.record)
                .to_ascii_uppercase()
                .into(),
            text if text.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                text.to_ascii_uppercase().into()
            }
            text => text.into(),
        }
    }
}

/// Texts are cut no shorter, in bytes, as long as leaving out fields helps.
const SHORTEST: usize = 64;
/// What stands where a text was cut.
const MARK: &str = "…";

fn any(value: Option<&AnyValue>) -> Option<&Any> {
    value?.value.as_ref()
}

fn key(out: &mut Vec<u8>, key: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    string(out, key);
    out.push(b':');
}

fn value(out: &mut Vec<u8>, value: Option<&AnyValue>, longest: usize) {
    match any(value) {
        Some(Any::StringValue(text)) => cut_string(out, text, longest),
        Some(Any::IntValue(number)) => write(out, number),
        Some(Any::BoolValue(truth)) => write(out, truth),
        Some(Any::DoubleValue(number)) if number.is_finite() => write(out, number),
        _ => {
            let mut json = attributes::json(value);
            if longest < usize::MAX {
                cut(&mut json, longest);
            }
            write(out, &json);
        }
    }
}

/// All texts of a value, however deep.
fn cut(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) if text.len() > longest => *text = shortened(text, longest),
        Value::Array(values) => values.iter_mut().for_each(|value| cut(value, longest)),
        Value::Object(fields) => fields.values_mut().for_each(|value| cut(value, longest)),
        _ => {}
    }
}

fn cut_string(out: &mut Vec<u8>, text: &str, longest: usize) {
    if text.len() <= longest {
        string(out, text);
    } else {
        string(out, &shortened(text, longest));
    }
}

/// At most `longest` bytes of a text, with a mark behind them.
fn shortened(text: &str, longest: usize) -> String {
    [super::start_of(text, longest), MARK].concat()
}

fn string(out: &mut Vec<u8>, text: &str) {
    write(out, text);
}

fn write<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("a Vec takes all");
}

#[cfg(test)]
mod tests {
    use super::super::testing::record;
    use super::*;
    use crate::export::samples::attribute;

    fn text(text: &str) -> Any {
        Any::StringValue(text.to_owned())
    }

    fn written(record: &LogRecord) -> String {
        let mut out = Vec::new();
        assert!(!Line::new(record).write(&mut out, usize::MAX));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_call_log_in_the_order_of_the_names() {
        let mut call = record(
            1,
            "llm failed",
            &[
                ("tool.param.n", Any::IntValue(3)),
                ("error.type", text("Timeout")),
                ("status", text("error")),
                ("duration_ms", Any::DoubleValue(5000.25)),
            ],
        );
        call.severity_text = "error".to_owned();
        assert_eq!(
            written(&call),
            format!(
                r#"{{"message":"llm failed","level":"ERROR","tool_name":"load","trace_id":"{}","span_id":"{}","duration_ms":5000.25,"status":"error","error_type":"Timeout","tool.param.n":3}}"#,
                "ab".repeat(16),
                "cd".repeat(8),
            )
        );
    }

    #[test]
    fn a_line_outside_of_everything_has_no_empty_names() {
        let line = LogRecord {
            severity_number: 13,
            body: None,
            ..LogRecord::default()
        };
        assert_eq!(written(&line), r#"{"message":"","level":"WARN"}"#);
    }

    /// What is no number under `duration_ms` would pass every comparison.
    #[test]
    fn reserved_names_are_kept_for_what_they_mean() {
        let odd = record(
            1,
            "m",
            &[
                ("message", text("mine")),
                ("level", text("high")),
                ("duration_ms", text("long")),
                ("status", Any::IntValue(200)),
                ("tool_name", text("hammer")),
                ("duration_ms", Any::DoubleValue(f64::NAN)),
                ("a", Any::IntValue(1)),
                ("a", Any::IntValue(2)),
            ],
        );
        let line: Value = serde_json::from_str(&written(&odd)).unwrap();
        let expected = serde_json::json!({
            "message": "m", "level": "INFO", "tool_name": "load",
            "trace_id": "ab".repeat(16), "span_id": "cd".repeat(8),
            "fields.message": "mine", "fields.level": "high", "fields.duration_ms": "NaN",
            "fields.status": 200, "fields.tool_name": "hammer", "a": 2,
        });
        assert_eq!(line, expected);
        assert_eq!(written(&odd).matches("\"a\"").count(), 1);
    }

    #[test]
    fn every_text_stays_one_line_of_json() {
        let hostile = "a\"b\\c\nd\r\u{0}\u{7f}\u{2028}ä🦀";
        let mut line = record(1, hostile, &[(hostile, text(hostile))]);
        line.severity_text = hostile.to_owned();
        let written = written(&line);
        assert!(!written.contains(['\n', '\r']));
        let read: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(
            (&read["message"], &read[hostile]),
            (&hostile.into(), &hostile.into())
        );
    }

    #[test]
    fn what_is_too_long_is_cut_with_a_mark_and_stays_json() {
        let deep = Any::ArrayValue(opentelemetry_proto::tonic::common::v1::ArrayValue {
            values: vec![crate::export::samples::any(text(&"y".repeat(9000)))],
        });
        let long = record(
            1,
            &"ä\"".repeat(9000),
            &[("deep", deep), ("k", text("short"))],
        );
        for limit in [400, 1000, 5000, 20_000] {
            let mut out = b"before".to_vec();
            assert!(Line::new(&long).write(&mut out, limit));
            assert!(out.len() - 6 <= limit, "{limit}: {}", out.len());
            let read: Value = serde_json::from_slice(&out[6..]).unwrap();
            let message = read["message"].as_str().unwrap();
            assert!(
                message.starts_with("ä\"") && message.ends_with('…'),
                "{message}"
            );
            assert_eq!(read["k"], "short");
            assert_eq!(read["trace_id"], "ab".repeat(16));
        }
        assert!(!Line::new(&long).write(&mut Vec::new(), 50_000));
    }

    #[test]
    fn of_too_many_fields_the_last_are_left_out() {
        let mut many = record(1, "m", &[]);
        many.attributes
            .extend((0..1000).map(|n| attribute(&format!("field_{n}"), Any::IntValue(n))));
        let mut out = Vec::new();
        assert!(Line::new(&many).write(&mut out, 2000));
        assert!(out.len() <= 2000);
        let read: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            (&read["message"], &read["field_0"]),
            (&"m".into(), &0.into())
        );
    }
}
