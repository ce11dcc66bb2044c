//! Types whose values become typed attributes without formatting.

use std::borrow::Cow;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::capture::Slot;
use crate::Value;

/// A number, a truth value or a text, or what holds one.
pub trait Typed {
    /// Puts it where it belongs; nothing for an `Option` that is `None`.
    fn put(&self, slot: &mut Slot<'_>);
}

impl Typed for str {
    fn put(&self, slot: &mut Slot<'_>) {
        slot.text(self);
    }
}

impl Typed for char {
    fn put(&self, slot: &mut Slot<'_>) {
        slot.whole_text(self.encode_utf8(&mut [0; 4]));
    }
}

macro_rules! copied {
    ($($ty:ty),*) => {
        $(impl Typed for $ty {
            fn put(&self, slot: &mut Slot<'_>) {
                slot.value(&Value::from(*self));
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
            fn put(&self, slot: &mut Slot<'_>) {
                self.get().put(slot);
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
            fn put(&self, slot: &mut Slot<'_>) {
                let $value = self;
                $text.put(slot);
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
            fn put(&self, slot: &mut Slot<'_>) {
                (**self).put(slot);
            }
        })*
    };
}

pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Typed> Typed for Option<T> {
    fn put(&self, slot: &mut Slot<'_>) {
        if let Some(value) = self {
            value.put(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::num::NonZero;
    use std::path::Path;
    use std::sync::Arc;

    use super::Typed;
    use crate::Value;
    use crate::call::attributes::Attributes;
    use crate::call::capture::Slot;

    /// What is put of it, texts of `max_length` characters.
    fn typed<T: Typed + ?Sized>(value: &T, max_length: usize) -> Option<Value> {
        let mut attributes = Attributes::new();
        value.put(&mut Slot::for_a_test(&mut attributes, max_length));
        let put = attributes.written().iter().next();
        put.map(|(_, value)| value.into_value())
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(typed(&-3_i8, 0), Some(Value::I64(-3)));
        assert_eq!(
            typed(&u64::MAX, 0),
            Some(Value::from("18446744073709551615".to_owned()))
        );
        assert_eq!(typed(&0.5_f32, 0), Some(Value::F64(0.5)));
        assert_eq!(typed(&true, 0), Some(Value::Bool(true)));
        assert_eq!(typed(&NonZero::<u16>::MIN, 0), Some(Value::I64(1)));
    }

    #[test]
    fn texts_in_every_holder() {
        let expected = Some(Value::from("text"));
        assert_eq!(typed("text", 4), expected);
        assert_eq!(typed(&"text".to_owned(), 4), expected);
        assert_eq!(typed(&Cow::Borrowed("text"), 4), expected);
        assert_eq!(typed(Path::new("text"), 4), expected);
        assert_eq!(typed(&&"text", 4), expected);
        assert_eq!(typed(&Arc::<str>::from("text"), 4), expected);
        assert_eq!(typed(&Box::new("text"), 4), expected);
        assert_eq!(typed(&'t', 4), Some(Value::from("t")));
    }

    #[test]
    fn an_option_is_what_it_holds() {
        assert_eq!(typed(&Some(&3), 0), Some(Value::I64(3)));
        assert_eq!(typed(&None::<u8>, 0), None);
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(typed("äöü", 3), Some(Value::from("äöü")));
        assert_eq!(typed("äöü", 2), Some(Value::from("äö…")));
        assert_eq!(typed("a", 0), Some(Value::from("…")));
    }
}
