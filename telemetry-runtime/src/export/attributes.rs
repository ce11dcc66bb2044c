//! Attributes of OTLP's messages, read back: as JSON, as text.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Map, Value, json};

/// Attributes as one object. Of two with the same key the last one stays.
pub(crate) fn object(attributes: &[KeyValue]) -> Map<String, Value> {
    attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), json(attribute.value.as_ref())))
        .collect()
}

/// A value as JSON. NaN and infinities are strings, as in OTLP/JSON; bytes are hexadecimal.
pub(crate) fn json(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Any::StringValueStrindex(_)) => Value::Null,
        Some(Any::StringValue(text)) => json!(text),
        Some(Any::BoolValue(value)) => json!(value),
        Some(Any::IntValue(value)) => json!(value),
        Some(Any::DoubleValue(value)) => number(*value),
        Some(Any::BytesValue(bytes)) => json!(hex(bytes)),
        Some(Any::ArrayValue(array)) => {
            array.values.iter().map(|value| json(Some(value))).collect()
        }
        Some(Any::KvlistValue(list)) => Value::Object(object(&list.values)),
    }
}

/// A value as text: what is a string in JSON without its quotation marks, nothing as "".
pub(crate) fn text(value: Option<&AnyValue>) -> String {
    match json(value) {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The value of a key.
#[cfg(any(feature = "console", feature = "zipkin"))]
pub(crate) fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    attributes
        .iter()
        .find(|attribute| attribute.key == key)?
        .value
        .as_ref()
}

/// A number that JSON has, else `"NaN"`, `"Infinity"`, `"-Infinity"`.
pub(crate) fn number(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

/// An id, in lower case.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
