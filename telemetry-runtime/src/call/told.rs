//! What is told of an error: its text, and what is below it.

use std::error::Error;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::cut::write_cut;
use super::failure::{Message, Told};
use super::limits;

impl Message<'_> {
    /// What goes out of it: its text, what is below it.
    pub(super) fn told(&self, message: bool, sources: bool) -> Told {
        if !message && !sources {
            return Told::default();
        }
        let max_length = limits::max_length();
        Told {
            message: message.then(|| text(self, max_length)).flatten(),
            sources: sources.then(|| self::sources(self, max_length)).flatten(),
        }
    }
}

/// The text of an error, its first `max_length` characters. A `Display` that panics hurts nobody.
pub(crate) fn text(message: &Message<'_>, max_length: usize) -> Option<String> {
    match message {
        Message::None => None,
        Message::Error(error) => Some(written(error, max_length)),
        Message::Display(error) => Some(written(error, max_length)),
        Message::Debug(error) => Some(written(&ByItsDebug(*error), max_length)),
        Message::Mapped(error) => Some(written(error, max_length)),
        Message::Told(told) => told.message.clone(),
    }
}

struct ByItsDebug<'a>(&'a dyn Debug);

impl fmt::Display for ByItsDebug<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// So many errors below an error are told; one may name itself as its source.
const MAX_SOURCES: usize = 8;

/// What an error names as its source, and so on: a line each, with its first `max_length`
/// characters. `None` where there is nothing.
fn sources(message: &Message<'_>, max_length: usize) -> Option<String> {
    let error = match message {
        Message::Error(error) => *error,
        Message::Told(told) => return told.sources.clone(),
        _ => return None,
    };
    let mut lines = Vec::new();
    let mut source = next_source(error);
    while let Some(error) = source {
        if lines.len() == MAX_SOURCES {
            lines.push("…".to_owned());
            break;
        }
        lines.push(written(&error, max_length));
        source = next_source(error);
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A `source` that panics has none.
fn next_source<'a>(error: &'a (dyn Error + 'a)) -> Option<&'a (dyn Error + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source()))
        .ok()
        .flatten()
}

fn written(error: &dyn fmt::Display, max_length: usize) -> String {
    let mut text = Vec::new();
    write_cut(
        &mut text,
        format_args!("{error}"),
        max_length,
        "[its text panicked]",
    );
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fmt;

    use super::{Message, sources};

    /// An error below which there are `left` others, or of which `left` is 0 and which is its own
    /// source.
    #[derive(Debug)]
    struct Layer {
        left: usize,
        below: Option<Box<Layer>>,
    }

    impl Layer {
        fn of(left: usize) -> Self {
            Self {
                left,
                below: (left > 0).then(|| Box::new(Self::of(left - 1))),
            }
        }
    }

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            assert_ne!(self.left, 7, "on purpose");
            write!(f, "{} left", self.left)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            match self.below.as_deref() {
                Some(below) => Some(below),
                None if self.left == 0 => Some(self),
                None => panic!("on purpose"),
            }
        }
    }

    #[test]
    fn the_sources_of_an_error_are_bounded_and_cannot_hurt() {
        let error = Layer::of(2);
        let own_source = sources(&Message::Error(&error), 3);
        assert_eq!(
            own_source.as_deref(),
            Some("1 l…\n0 l…\n0 l…\n0 l…\n0 l…\n0 l…\n0 l…\n0 l…\n…")
        );
        let panics = Layer {
            left: 9,
            below: Some(Box::new(Layer {
                left: 7,
                below: None,
            })),
        };
        let its_text_panics = sources(&Message::Error(&panics), 30);
        assert_eq!(its_text_panics.as_deref(), Some("[its text panicked]"));
        assert_eq!(sources(&Message::Error(&fmt::Error), 30), None);
        assert_eq!(sources(&Message::Display(&error), 30), None);
    }
}
