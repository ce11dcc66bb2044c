//! Types whose values become typed attributes without formatting.

use std::borrow::Cow;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::Value;

/// A number, a truth value or a text, or what holds one.
pub trait Typed {
    /// Texts are cut after `max_length` characters. `None` for an `Option` that is.
    fn typed(&self, max_length: usize) -> Option<Value>;
}

/// The first `max_length` characters of a text.
pub(super) fn cut(text: &str, max_length: usize) -> &str {
    if text.len() <= max_length {
        return text;
    }
    text.char_indices()
        .nth(max_length)
        .map_or(text, |(end, _)| &text[..end])
}

impl Typed for str {
    fn typed(&self, max_length: usize) -> Option<Value> {
        let kept = cut(self, max_length);
        let more = if kept.len() < self.len() { "…" } else { "" };
        Some(Value::Str(Cow::Owned([kept, more].concat())))
    }
}

impl Typed for char {
    fn typed(&self, _max_length: usize) -> Option<Value> {
        Some(Value::Str(Cow::Owned(self.to_string())))
    }
}

macro_rules! copied {
    ($($ty:ty),*) => {
        $(impl Typed for $ty {
            fn typed(&self, _max_length: usize) -> Option<Value> {
                Some(Value::from(*self))
            }
        })*
    };
}

copied!(
    bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64
);

macro_rules! non_zero {
    ($($ty:ty),*) => {
        $(impl Typed for NonZero<$ty> {
            fn typed(&self, _max_length: usize) -> Option<Value> {
                Some(Value::from(self.get()))
            }
        })*
    };
}

non_zero!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

macro_rules! text {
    ($($ty:ty: |$value:ident| $text:expr),*) => {
        $(impl Typed for $ty {
            fn typed(&self, max_length: usize) -> Option<Value> {
                let $value = self;
                $text.typed(max_length)
            }
        })*
    };
}

text!(
    String: |text| text.as_str(),
    Cow<'_, str>: |text| text.as_ref(),
    Path: |path| path.to_string_lossy(),
    PathBuf: |path| path.as_path()
);

macro_rules! pointer {
    ($($ty:ty),*) => {
        $(impl<T: Typed + ?Sized> Typed for $ty {
            fn typed(&self, max_length: usize) -> Option<Value> {
                (**self).typed(max_length)
            }
        })*
    };
}

pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Typed> Typed for Option<T> {
    fn typed(&self, max_length: usize) -> Option<Value> {
        self.as_ref().and_then(|value| value.typed(max_length))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::num::NonZero;
    use std::path::Path;
    use std::sync::Arc;

    use super::{Typed, cut};
    use crate::Value;

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!((-3_i8).typed(0), Some(Value::I64(-3)));
        assert_eq!(
            u64::MAX.typed(0),
            Some(Value::from("18446744073709551615".to_owned()))
        );
        assert_eq!(0.5_f32.typed(0), Some(Value::F64(0.5)));
        assert_eq!(true.typed(0), Some(Value::Bool(true)));
        assert_eq!(NonZero::new(7_u16).unwrap().typed(0), Some(Value::I64(7)));
    }

    #[test]
    fn texts_in_every_holder() {
        let expected = Some(Value::from("text"));
        assert_eq!("text".typed(4), expected);
        assert_eq!("text".to_owned().typed(4), expected);
        assert_eq!(Cow::Borrowed("text").typed(4), expected);
        assert_eq!(Path::new("text").typed(4), expected);
        assert_eq!((&&"text").typed(4), expected);
        assert_eq!(Arc::<str>::from("text").typed(4), expected);
        assert_eq!(Box::new("text").typed(4), expected);
        assert_eq!('t'.typed(4), Some(Value::from("t")));
    }

    #[test]
    fn an_option_is_what_it_holds() {
        assert_eq!(Some(&3).typed(0), Some(Value::I64(3)));
        assert_eq!(None::<u8>.typed(0), None);
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!("äöü".typed(3), Some(Value::from("äöü")));
        assert_eq!("äöü".typed(2), Some(Value::from("äö…")));
        assert_eq!("a".typed(0), Some(Value::from("…")));
        assert_eq!(cut("äöü", 1), "ä");
        assert_eq!(cut("", 0), "");
    }
}
