//! Typed values of attributes.

use std::borrow::Cow;
use std::fmt;

/// The value of a span's attribute.
///
/// ```
/// use telemetry_runtime::Value;
///
/// assert_eq!(Value::from(3_u32), Value::I64(3));
/// assert_eq!(Value::from("text").to_string(), "text");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// An integer. Those over `i64::MAX` become [`Value::Str`].
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// A text.
    Str(Cow<'static, str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
        }
    }
}

macro_rules! small {
    ($variant:ident($as:ty): $($from:ty),*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(<$as>::from(value))
            }
        })*
    };
}

small!(Bool(bool): bool);
small!(I64(i64): i8, i16, i32, i64, u8, u16, u32);
small!(F64(f64): f32, f64);
small!(Str(Cow<'static, str>): &'static str, String, Cow<'static, str>);

macro_rules! wide {
    ($($from:ty),*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                i64::try_from(value).map_or_else(|_| Self::Str(value.to_string().into()), Self::I64)
            }
        })*
    };
}

wide!(u64, u128, i128, usize, isize);
