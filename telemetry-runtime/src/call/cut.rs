//! Texts of a bounded length.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The first `max_length` characters of a text.
pub(super) fn cut(text: &str, max_length: usize) -> &str {
    if text.len() <= max_length {
        return text;
    }
    text.char_indices()
        .nth(max_length)
        .map_or(text, |(end, _)| &text[..end])
}

/// Appends the first `max_length` characters of a text; the rest is not formatted. One that panics hurts
/// nobody: then `panicked` stands in its place.
pub(super) fn write_cut(
    to: &mut Vec<u8>,
    text: fmt::Arguments<'_>,
    max_length: usize,
    panicked: &str,
) {
    let before = to.len();
    let mut cut = Cut {
        text: to,
        left: max_length,
        is_full: false,
    };
    if catch_unwind(AssertUnwindSafe(|| cut.write_fmt(text))).is_err() {
        to.truncate(before);
        to.extend_from_slice(panicked.as_bytes());
    }
}

/// A text that refuses what goes beyond its length.
struct Cut<'a> {
    text: &'a mut Vec<u8>,
    /// Characters.
    left: usize,
    is_full: bool,
}

impl Write for Cut<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.is_full {
            return Err(fmt::Error);
        }
        let kept = cut(part, self.left);
        self.text.extend_from_slice(kept.as_bytes());
        if kept.len() < part.len() {
            self.text.extend_from_slice("…".as_bytes());
            self.is_full = true;
            return Err(fmt::Error);
        }
        self.left -= kept.chars().count();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 1), "ä");
        assert_eq!(cut("", 0), "");
    }
}
