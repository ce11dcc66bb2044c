//! `KeyValue`: an attribute of a span, an event, a point, a resource.

use super::wire::{self, BYTES, tag, varint, varint_len};
use crate::value::Value;

/// `AnyValue.string_value`
const STRING: u32 = 1;
/// `AnyValue.bool_value`
const BOOL: u32 = 2;
/// `AnyValue.int_value`
const INT: u32 = 3;
/// `AnyValue.double_value`
const DOUBLE: u32 = 4;

/// Appends an attribute as field `field` of the message that has it.
pub(super) fn value(out: &mut Vec<u8>, field: u32, key: &str, value: &Value) {
    match value {
        Value::Str(text) => string(out, field, key, text),
        Value::F64(number) => double(out, field, key, *number),
        Value::Bool(truth) => {
            begin(out, field, key, 2);
            wire::number(out, BOOL, u64::from(*truth));
        }
        Value::I64(number) => {
            let number = *number as u64;
            begin(out, field, key, 1 + varint_len(number));
            wire::number(out, INT, number);
        }
    }
}

/// An attribute that is a text.
pub(super) fn string(out: &mut Vec<u8>, field: u32, key: &str, text: &str) {
    let text_len = 1 + varint_len(text.len() as u64) + text.len();
    begin(out, field, key, text_len);
    wire::bytes(out, STRING, text.as_bytes());
}

/// An attribute that is a floating-point number.
pub(super) fn double(out: &mut Vec<u8>, field: u32, key: &str, number: f64) {
    begin(out, field, key, 9);
    wire::double(out, DOUBLE, number);
}

/// All up to the content of the `AnyValue`, which takes `length` bytes.
fn begin(out: &mut Vec<u8>, field: u32, key: &str, length: usize) {
    let key_len = key.len();
    let pair = key_len + length + 4;
    if pair < 0x80 && field < 0x10 {
        // Each tag and each length is one byte, as in most: a third of the instructions.
        out.reserve(2 + pair);
        out.extend_from_slice(&[(field << 3 | BYTES) as u8, pair as u8, 0x0a, key_len as u8]);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&[0x12, length as u8]);
        return;
    }
    let pair = 1 + varint_len(key_len as u64) + key_len + 1 + varint_len(length as u64) + length;
    tag(out, field, BYTES);
    varint(out, pair as u64);
    tag(out, 1, BYTES);
    varint(out, key_len as u64);
    out.extend_from_slice(key.as_bytes());
    tag(out, 2, BYTES);
    varint(out, length as u64);
}
