//! Values that code gives to the builder.

use super::node::{Content, Entry, Node, Place};

/// A value for one key, as code says it. Text for a key that takes a map or list is YAML.
/// No `Debug`: it may be a header.
#[derive(Clone, PartialEq)]
pub(crate) enum Override {
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Override>),
    Map(Vec<(String, Override)>),
}

impl Override {
    /// The node that the same value in a file would be.
    pub(crate) fn into_node(self) -> Node {
        let content = match self {
            Self::Flag(flag) => return Node::plain(flag.to_string(), Place::BUILDER),
            Self::Number(number) => return Node::plain(number.to_string(), Place::BUILDER),
            Self::Text(text) => Content::Scalar { text, plain: false },
            Self::List(items) => Content::List(items.into_iter().map(Self::into_node).collect()),
            Self::Map(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key,
                        place: Place::BUILDER,
                        value: value.into_node(),
                    })
                    .collect(),
            ),
        };
        Node {
            content,
            place: Place::BUILDER,
            hidden: false,
        }
    }
}

impl From<bool> for Override {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Override {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Override {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl From<$type> for Override {
            fn from(number: $type) -> Self {
                Self::Number(f64::from(number))
            }
        })*
    };
}

numbers!(f64, i8, i16, i32, u8, u16, u32);

/// Over 2^53 the nearest number that a double holds.
impl From<u64> for Override {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

/// Over 2^53 the nearest number that a double holds.
impl From<usize> for Override {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl<T: Into<Override>> From<Vec<T>> for Override {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<String>, V: Into<Override>, const N: usize> From<[(K, V); N]> for Override {
    fn from(entries: [(K, V); N]) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}
