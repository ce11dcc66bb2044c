//! Text of a bounded length.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Text in memory that serves again and again, cut after so many characters.
pub(super) struct Cut<'a> {
    text: &'a mut String,
    /// Characters.
    left: usize,
}

impl Cut<'_> {
    /// Writes `value` into `text`, which is emptied first; what is longer than `max_length`
    /// characters ends with `…`, and is not formatted any further. A `Debug` that panics hurts nobody.
    pub(super) fn write(text: &mut String, max_length: usize, value: fmt::Arguments<'_>) {
        text.clear();
        let mut cut = Cut {
            text: &mut *text,
            left: max_length,
        };
        if catch_unwind(AssertUnwindSafe(|| cut.write_fmt(value))).is_err() {
            text.clear();
            text.push_str("[Debug panicked]");
        }
    }
}

impl Write for Cut<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let (kept, is_less) = cut(part, self.left);
        self.text.push_str(kept);
        if is_less {
            self.text.push('…');
            return Err(fmt::Error);
        }
        self.left -= match kept.is_ascii() {
            true => kept.len(),
            false => kept.chars().count(),
        };
        Ok(())
    }
}

/// The first `max_length` characters of `text`, and whether that is less than all.
pub(super) fn cut(text: &str, max_length: usize) -> (&str, bool) {
    // So short that they need not be counted.
    if text.len() <= max_length {
        return (text, false);
    }
    match text.char_indices().nth(max_length) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Endless;

    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("ä")?;
            }
        }
    }

    struct Panics;

    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("on purpose")
        }
    }

    #[test]
    fn whole_characters_and_no_further() {
        let mut text = String::from("before");
        Cut::write(&mut text, 5, format_args!("{Endless:?}"));
        assert_eq!(text, "äääää…");
        Cut::write(&mut text, 5, format_args!("abcde"));
        assert_eq!(text, "abcde");
        assert_eq!(
            (cut("abä", 2), cut("abä", 3)),
            (("ab", true), ("abä", false))
        );
    }

    #[test]
    fn a_debug_that_panics_says_so() {
        let mut text = String::new();
        Cut::write(&mut text, 100, format_args!("{Panics:?}"));
        assert_eq!(text, "[Debug panicked]");
    }
}
