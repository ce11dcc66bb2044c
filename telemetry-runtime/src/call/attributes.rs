//! Attributes one after another in one piece of memory: what a call captures, on its way to whoever sends
//! it. Their thread copies them beside the call's record, and keeps the memory.

use crate::names::attribute::TOOL_PARAM_PREFIX;
use crate::value::Value;

/// Each is a [head](Head), its key, its value: a text, or eight bytes.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<u8>);

/// Of one attribute: 8 bits of [kind](kind), 24 of the key's length, 32 of the value's, of which the lowest
/// come first.
struct Head;

impl Head {
    const BYTES: usize = 8;
    const MAX_KEY: usize = (1 << 24) - 1;
    const MAX_VALUE: usize = u32::MAX as usize;

    fn of(kind: u8, key: usize, value: usize) -> [u8; Self::BYTES] {
        (u64::from(kind) | (key as u64) << 8 | (value as u64) << 32).to_le_bytes()
    }
}

/// What an attribute's value is.
mod kind {
    /// There is another one with its key.
    pub(super) const REPLACED: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const BOOL: u8 = 2;
    pub(super) const I64: u8 = 3;
    pub(super) const F64: u8 = 4;
}

impl Attributes {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing is left but the room.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Memory it takes.
    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(crate) fn written(&self) -> Written<'_> {
        Written(&self.0)
    }

    /// A text of two parts.
    pub(crate) fn text(&mut self, key: &str, text: &str, more: &str) {
        let (key, text) = (
            cut(key, Head::MAX_KEY),
            cut(text, Head::MAX_VALUE - more.len()),
        );
        let length = text.len() + more.len();
        self.0.reserve(Head::BYTES + key.len() + length);
        self.begin(kind::TEXT, key, length);
        self.0.extend_from_slice(text.as_bytes());
        if !more.is_empty() {
            self.0.extend_from_slice(more.as_bytes());
        }
    }

    pub(crate) fn value(&mut self, key: &str, value: &Value) {
        match value {
            Value::Str(text) => self.text(key, text, ""),
            Value::Bool(truth) => self.number(kind::BOOL, key, u64::from(*truth)),
            Value::I64(number) => self.number(kind::I64, key, number.cast_unsigned()),
            Value::F64(number) => self.number(kind::F64, key, number.to_bits()),
        }
    }

    /// A text that `write` appends to what it is given.
    pub(crate) fn text_by(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let key = cut(key, Head::MAX_KEY);
        let head = self.0.len();
        self.begin(kind::TEXT, key, 0);
        let begun = self.0.len();
        write(&mut self.0);
        let length = self.0.len() - begun;
        if length > Head::MAX_VALUE {
            return self.0.truncate(head);
        }
        self.0[head..][..Head::BYTES].copy_from_slice(&Head::of(kind::TEXT, key.len(), length));
    }

    fn number(&mut self, kind: u8, key: &str, bits: u64) {
        let key = cut(key, Head::MAX_KEY);
        let bits = bits.to_le_bytes();
        self.0.reserve(Head::BYTES + key.len() + bits.len());
        self.begin(kind, key, bits.len());
        self.0.extend_from_slice(&bits);
    }

    fn begin(&mut self, kind: u8, key: &str, length: usize) {
        self.0.extend_from_slice(&Head::of(kind, key.len(), length));
        self.0.extend_from_slice(key.as_bytes());
    }

    /// Adds some, each in the place of one that has its key.
    pub(crate) fn add(&mut self, later: &Self) {
        for (_, key, _) in Entries(&later.0) {
            self.replace(key);
        }
        self.0.extend_from_slice(&later.0);
    }

    /// Another one has this key.
    pub(crate) fn replace(&mut self, key: &[u8]) {
        let mut at = 0;
        let mut replaced = Vec::new();
        for (_, known, value) in Entries(&self.0) {
            if known == key {
                replaced.push(at);
            }
            at += Head::BYTES + known.len() + value.len();
        }
        for at in replaced {
            self.0[at] = kind::REPLACED;
        }
    }
}

/// So many bytes at most, whole characters.
fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Attributes that are read where they are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written<'a>(&'a [u8]);

impl<'a> Written<'a> {
    /// The bytes of [`Attributes`]; nothing of others.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, Seen<'a>)> {
        Entries(self.0).filter_map(|(kind, key, value)| {
            let key = str::from_utf8(key).ok()?;
            Some((key, Seen::of(kind, value)?))
        })
    }

    pub(crate) fn count(self) -> usize {
        let entries = Entries(self.0);
        entries.filter(|(kind, ..)| *kind != kind::REPLACED).count()
    }

    /// How many parameters there were, whatever became of them.
    pub(crate) fn params(self) -> usize {
        let entries = Entries(self.0);
        let params = entries.filter(|(_, key, _)| key.starts_with(TOOL_PARAM_PREFIX.as_bytes()));
        params.count()
    }
}

/// An attribute's value.
#[derive(Debug)]
pub(crate) enum Seen<'a> {
    Text(&'a str),
    /// Anything else.
    Value(Value),
}

impl<'a> Seen<'a> {
    fn of(kind: u8, value: &'a [u8]) -> Option<Self> {
        if kind == kind::TEXT {
            return str::from_utf8(value).ok().map(Self::Text);
        }
        let bits = u64::from_le_bytes(value.try_into().ok()?);
        let value = match kind {
            kind::BOOL => Value::Bool(bits != 0),
            kind::I64 => Value::I64(bits.cast_signed()),
            kind::F64 => Value::F64(f64::from_bits(bits)),
            _ => return None,
        };
        Some(Self::Value(value))
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.to_owned().into(),
            Self::Value(value) => value,
        }
    }
}

/// Kind, key and value of each.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<{ Head::BYTES }>()?;
        let head = u64::from_le_bytes(*head);
        let (key, rest) = rest.split_at_checked((head >> 8) as usize & Head::MAX_KEY)?;
        let (value, rest) = rest.split_at_checked((head >> 32) as usize)?;
        self.0 = rest;
        Some((head as u8, key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(written: Written<'_>) -> Vec<(&str, Value)> {
        let all = written.iter();
        all.map(|(key, value)| (key, value.into_value())).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut attributes = Attributes::new();
        let values = [
            ("tool.param.a", Value::from("")),
            ("", Value::from("äöü".repeat(100))),
            ("tool.param.b", Value::from(i64::MIN)),
            ("c", Value::from(true)),
            ("c", Value::from(false)),
            ("d", Value::from(-0.5)),
        ];
        for (key, value) in &values {
            attributes.value(key, value);
        }
        attributes.text("e", "cut", "…");
        attributes.text_by("f", |text| text.extend_from_slice(b"by hand"));
        let written = attributes.written();
        let read = all(written);
        assert_eq!(read[..6], values);
        assert_eq!(read[6..], [("e", "cut…".into()), ("f", "by hand".into())]);
        assert_eq!((written.count(), written.params()), (8, 2));
        let bits = |value: f64| {
            let mut attributes = Attributes::new();
            attributes.value("nan", &Value::from(value));
            match attributes.written().iter().next() {
                Some((_, Seen::Value(Value::F64(value)))) => value.to_bits(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(bits(f64::NAN), f64::NAN.to_bits());
    }

    #[test]
    fn a_later_one_takes_the_place_of_those_with_its_key() {
        let mut attributes = Attributes::new();
        for (key, value) in [("tool.param.a", 1), ("b", 2), ("tool.param.a", 3)] {
            attributes.value(key, &Value::from(value));
        }
        let mut later = Attributes::new();
        later.value("tool.param.a", &Value::from("later"));
        attributes.add(&later);
        let written = attributes.written();
        assert_eq!(
            all(written),
            [("b", Value::from(2)), ("tool.param.a", "later".into())]
        );
        assert_eq!((written.count(), written.params()), (2, 3));
    }

    /// Whatever the bytes are, reading them ends, and harms nobody.
    #[test]
    fn bytes_that_are_none_are_read_too() {
        let mut attributes = Attributes::new();
        attributes.text("key", "text", "");
        attributes.value("number", &Value::from(7));
        let whole = attributes.bytes();
        for end in 0..whole.len() {
            assert!(all(Written::of(&whole[..end])).len() < 2);
        }
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..if cfg!(miri) { 50 } else { 10_000 } {
            let mut bytes = whole.to_vec();
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
            let _ = all(Written::of(&bytes));
        }
    }

    #[test]
    fn keys_are_cut_between_characters() {
        assert_eq!(cut("äöü", 5), "äö");
        assert_eq!(cut("äöü", 6), "äöü");
        assert_eq!(cut("ä", 1), "");
    }
}
