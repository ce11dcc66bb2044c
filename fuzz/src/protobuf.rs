//! A change that leaves a protobuf message one: lengths around it are made to fit.

use fastrand::Rng;

/// One of the fields of `message`, or of a message inside of it, changed by `change`, left out, or there twice. A
/// message that is none, or is empty, is changed as a whole.
pub(super) fn change(
    message: &mut Vec<u8>,
    random: &mut Rng,
    change: &mut dyn FnMut(&mut Vec<u8>, &mut Rng),
) {
    let fields = match fields(message) {
        Some(fields) if !fields.is_empty() => fields,
        _ => return change(message, random),
    };
    let (start, value, end) = fields[random.usize(..fields.len())];
    let is_bytes = message[start] & 7 == 2;
    match random.u8(..8) {
        0 => drop(message.drain(start..end)),
        1 => {
            let copy = message[start..end].to_vec();
            let (at, ..) = fields[random.usize(..fields.len())];
            message.splice(at..at, copy);
        }
        _ if is_bytes => {
            let mut inner = message[value..end].to_vec();
            self::change(&mut inner, random, change);
            let mut field = message[start..value].to_vec();
            // The length stands behind the tag.
            field.truncate(varint(&message[start..]).map_or(1, |(_, length)| length));
            put_varint(&mut field, inner.len() as u64);
            field.append(&mut inner);
            message.splice(start..end, field);
        }
        _ => {
            let mut number = message[value..end].to_vec();
            match message[start] & 7 {
                0 => {
                    number.clear();
                    put_varint(&mut number, random.u64(..) >> random.u32(..64));
                }
                _ => random.fill(&mut number),
            }
            message.splice(value..end, number);
        }
    }
}

/// Where each begins, where its value does, and where it ends.
fn fields(message: &[u8]) -> Option<Vec<(usize, usize, usize)>> {
    let mut fields = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let start = at;
        let (tag, length) = varint(&message[at..])?;
        at += length;
        let mut value = at;
        let length = match tag & 7 {
            0 => varint(&message[at..])?.1 as u64,
            1 => 8,
            2 => {
                let (bytes, length) = varint(&message[at..])?;
                value += length;
                bytes
            }
            5 => 4,
            _ => return None,
        };
        at = value.checked_add(usize::try_from(length).ok()?)?;
        if tag >> 3 == 0 || at > message.len() {
            return None;
        }
        fields.push((start, value, at));
    }
    Some(fields)
}

/// Its value, and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at as u32).min(63);
        if *byte < 0x80 {
            return Some((value, at + 1));
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A string within a message within a message: it stays there, whatever is done to it.
    #[test]
    fn lengths_fit() {
        let mut random = Rng::with_seed(1);
        let mut whole = 0;
        let mut sizes = std::collections::HashSet::new();
        for _ in 0..500 {
            let mut message = vec![0x0a, 7, 0x12, 3, b'a', b'b', b'c', 0x18, 5];
            for _ in 0..4 {
                change(&mut message, &mut random, &mut |bytes, random| {
                    bytes.extend(std::iter::repeat_n(7, random.usize(..200)));
                });
            }
            // Of a field that is none at all, the tag may be read as one.
            whole += u32::from(fields(&message).is_some());
            sizes.insert(message.len());
        }
        assert!(whole > 300, "{whole}");
        assert!(sizes.len() > 100, "{}", sizes.len());
    }
}
