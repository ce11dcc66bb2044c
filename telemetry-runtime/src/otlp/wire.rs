//! Protobuf's wire format: what is needed of it, appended to a `Vec<u8>`.

/// The tag of a varint field.
pub(crate) const VARINT: u32 = 0;
/// The tag's kind of `fixed64`, `sfixed64` and `double`.
pub(crate) const FIXED64: u32 = 1;
/// The tag's kind of strings, bytes, messages and packed numbers.
pub(crate) const BYTES: u32 = 2;
/// The tag's kind of `fixed32`.
pub(crate) const FIXED32: u32 = 5;

/// What precedes a field's value.
pub(crate) fn tag(out: &mut Vec<u8>, field: u32, kind: u32) {
    varint(out, u64::from(field << 3 | kind));
}

pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that [`varint`] takes.
pub(crate) fn varint_len(value: u64) -> usize {
    ((63 - (value | 1).leading_zeros() as usize) / 7) + 1
}

/// A number field: `int32`, `int64`, `uint32`, `uint64`, `bool`, an enum.
pub(crate) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if field < 0x10 && value < 0x80 {
        return out.extend_from_slice(&[(field << 3 | VARINT) as u8, value as u8]);
    }
    tag(out, field, VARINT);
    varint(out, value);
}

pub(crate) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

pub(crate) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    fixed64(out, field, value.to_bits());
}

pub(crate) fn fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    tag(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A string, bytes, or a message that is encoded already.
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    if field < 0x10 && value.len() < 0x80 {
        out.extend_from_slice(&[(field << 3 | BYTES) as u8, value.len() as u8]);
    } else {
        tag(out, field, BYTES);
        varint(out, value.len() as u64);
    }
    out.extend_from_slice(value);
}

/// A message of unknown length, expected to be under 16 KiB: two bytes are kept for its length.
pub(crate) fn message(out: &mut Vec<u8>, field: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = open(out, field, SHORT);
    body(out);
    close(out, start, SHORT);
}

/// Bytes kept for the length of a message under 16 KiB.
pub(crate) const SHORT: usize = 2;
/// Bytes kept for the length of a message under 256 MiB.
pub(crate) const LONG: usize = 4;

/// Begins a message whose length is not known, keeping `room` bytes for it. Gives what
/// [`close`] needs.
pub(crate) fn open(out: &mut Vec<u8>, field: u32, room: usize) -> usize {
    tag(out, field, BYTES);
    let start = out.len() + room;
    out.resize(start, 0);
    start
}

/// Ends the message that began at `start`: its length goes into the room kept for it, as a varint
/// padded to fill it, which every decoder reads. A longer one moves the message.
pub(crate) fn close(out: &mut Vec<u8>, start: usize, room: usize) {
    let length = (out.len() - start) as u64;
    if length >> (7 * room) == 0 {
        pad(&mut out[start - room..start], length);
    } else {
        let mut varint = Vec::with_capacity(10);
        self::varint(&mut varint, length);
        out.splice(start - room..start, varint);
    }
}

/// Writes `value` as a varint of exactly the room's length.
fn pad(room: &mut [u8], mut value: u64) {
    let last = room.len() - 1;
    for byte in &mut room[..last] {
        *byte = value as u8 | 0x80;
        value >>= 7;
    }
    room[last] = value as u8;
}

#[cfg(test)]
mod tests {
    use prost::encoding::{WireType, decode_key, decode_varint, encode_varint};

    use super::*;

    fn varint_of(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        varint(&mut out, value);
        out
    }

    #[test]
    fn varints_are_prosts() {
        let edges = (0..64)
            .flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit])
            .chain([u64::MAX]);
        for value in edges {
            let mut theirs = Vec::new();
            encode_varint(value, &mut theirs);
            assert_eq!(varint_of(value), theirs, "{value}");
            assert_eq!(varint_len(value), theirs.len(), "{value}");
        }
    }

    #[test]
    fn a_message_of_any_length_is_read_back_by_prost() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            for room in [SHORT, LONG] {
                let body = vec![7; length];
                let mut out = vec![0xff];
                let start = open(&mut out, 3, room);
                out.extend_from_slice(&body);
                close(&mut out, start, room);
                fixed32(&mut out, 4, 9);
                let mut theirs = &out[1..];
                assert_eq!(
                    decode_key(&mut theirs).unwrap(),
                    (3, WireType::LengthDelimited)
                );
                assert_eq!(decode_varint(&mut theirs).unwrap(), length as u64);
                let (theirs, mut rest) = theirs.split_at(length);
                assert_eq!(theirs, body);
                assert_eq!(decode_key(&mut rest).unwrap(), (4, WireType::ThirtyTwoBit));
                assert_eq!(rest, 9_u32.to_le_bytes());
            }
        }
    }
}
