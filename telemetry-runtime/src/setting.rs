//! Values that code gives to the builder.

/// A value for one key of the configuration: [`Builder::set`](crate::Builder::set) makes it
/// from what it is given. No `Debug`: it may be a header.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Setting {
    /// A truth value.
    Flag(bool),
    /// A number, whole or not.
    Number(f64),
    /// A text. For a key that takes a list or a map: that, as YAML.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map, in the order given.
    Map(Vec<(String, Self)>),
}

impl From<bool> for Setting {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl From<$type> for Setting {
            fn from(number: $type) -> Self {
                Self::Number(f64::from(number))
            }
        })*
    };
}

numbers!(f64, i8, i16, i32, u8, u16, u32);

macro_rules! wide_numbers {
    ($($type:ty),*) => {
        $(
            /// Beyond 2^53 the nearest number that a double holds.
            impl From<$type> for Setting {
                fn from(number: $type) -> Self {
                    Self::Number(number as f64)
                }
            }
        )*
    };
}

wide_numbers!(i64, isize, u64, usize);

impl<T: Into<Setting>> From<Vec<T>> for Setting {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<String>, V: Into<Setting>, const N: usize> From<[(K, V); N]> for Setting {
    fn from(entries: [(K, V); N]) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}
