//! The resource of everything else, as the SDK wants it.

use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::Resource;

use crate::Value;

/// Nothing is added by the SDK's own detectors: all origins are merged before.
pub(super) fn resource(attributes: &[(String, Value)]) -> Resource {
    let attributes = attributes
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), sdk_value(value)));
    Resource::builder_empty()
        .with_attributes(attributes)
        .build()
}

fn sdk_value(value: &Value) -> opentelemetry::Value {
    match value {
        Value::Bool(value) => opentelemetry::Value::Bool(*value),
        Value::I64(value) => opentelemetry::Value::I64(*value),
        Value::F64(value) => opentelemetry::Value::F64(*value),
        Value::Str(value) => opentelemetry::Value::String(StringValue::from(value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Key;

    use super::*;

    #[test]
    fn types_are_kept_and_nothing_is_added() {
        let made = resource(&[
            ("service.name".to_owned(), "shop".into()),
            ("process.pid".to_owned(), 7.into()),
            ("ratio".to_owned(), 0.5.into()),
            ("canary".to_owned(), true.into()),
        ]);
        let get = |key: &'static str| made.get(&Key::from_static_str(key));
        assert_eq!(made.len(), 4);
        assert_eq!(get("service.name"), Some("shop".into()));
        assert_eq!(get("process.pid"), Some(opentelemetry::Value::I64(7)));
        assert_eq!(get("ratio"), Some(opentelemetry::Value::F64(0.5)));
        assert_eq!(get("canary"), Some(opentelemetry::Value::Bool(true)));
    }
}
