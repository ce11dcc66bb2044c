//! How generated code says that a call failed.
//!
//! `returned(&output).telemetry_failure()` is decided by the type of `output`, through
//! aliases too, in the way of [`capture`](super::capture): the method stands on types
//! that dereference to one another, and the compiler takes the first that fits.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// What is known of a value that means failure. Nothing is formatted unless the span is sent.
pub struct Failure<'a> {
    /// `error.type`: of bounded cardinality, such as a type's name.
    pub error_type: Cow<'static, str>,
    /// `error.message`
    pub message: Message<'a>,
}

/// The text of a failure, by what its type can do.
pub enum Message<'a> {
    /// By `Display`.
    Display(&'a dyn fmt::Display),
    /// By `Debug`.
    Debug(&'a dyn fmt::Debug),
    /// What the attribute makes of it.
    Mapped(Box<dyn fmt::Display + 'a>),
    /// It can do neither.
    None,
}

impl Failure<'_> {
    /// A panic that came by. Its message is the panic hook's to print.
    pub(crate) fn panic() -> Self {
        Failure {
            error_type: Cow::Borrowed("panic"),
            message: Message::None,
        }
    }
}

/// What a call gave, not yet looked at.
pub fn returned<T>(output: &T) -> Returned<'_, T> {
    Returned(Debugged(Silent(Other(output))))
}

impl<'a, T, E> Returned<'a, Result<T, E>> {
    /// What a reader is interested in: of a `Result` only what is inside of an `Ok`.
    #[must_use]
    pub fn telemetry_value(&self) -> Option<&'a T> {
        self.0.0.0.0.as_ref().ok()
    }
}

impl<'a, T> Other<'a, T> {
    /// All of it.
    #[must_use]
    pub fn telemetry_value(&self) -> Option<&'a T> {
        Some(self.0)
    }
}

/// Perhaps a `Result` whose error has `Display`.
pub struct Returned<'a, T>(Debugged<'a, T>);

impl<'a, T, E: fmt::Display> Returned<'a, Result<T, E>> {
    /// The failure, if it is one.
    #[must_use]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0.0.as_ref().err()?;
        Some(Failure {
            error_type: Cow::Borrowed(error_type::<E>()),
            message: Message::Display(error),
        })
    }
}

/// Perhaps a `Result` whose error has `Debug`.
pub struct Debugged<'a, T>(Silent<'a, T>);

impl<'a, T, E: fmt::Debug> Debugged<'a, Result<T, E>> {
    /// The failure, if it is one.
    #[must_use]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0.as_ref().err()?;
        Some(Failure {
            error_type: Cow::Borrowed(error_type::<E>()),
            message: Message::Debug(error),
        })
    }
}

/// Perhaps a `Result`.
pub struct Silent<'a, T>(Other<'a, T>);

impl<'a, T, E> Silent<'a, Result<T, E>> {
    /// The failure, if it is one.
    #[must_use]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        self.0.0.as_ref().err()?;
        Some(Failure {
            error_type: Cow::Borrowed(error_type::<E>()),
            message: Message::None,
        })
    }
}

/// No `Result`, or none that can be known as one where the function stands.
pub struct Other<'a, T>(&'a T);

impl<'a, T> Other<'a, T> {
    /// Never a failure.
    #[must_use]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        None
    }
}

impl<'a, T> Deref for Returned<'a, T> {
    type Target = Debugged<'a, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> Deref for Debugged<'a, T> {
    type Target = Silent<'a, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> Deref for Silent<'a, T> {
    type Target = Other<'a, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The name of `E` as an `error.type`.
pub(super) fn error_type<E: ?Sized>() -> &'static str {
    short(type_name::<E>())
}

/// What a reader needs of a type's full name: no generics, no pointers around it, no
/// path but where the last word says nothing (`io::error::Error`, `anyhow::Error`).
fn short(full: &'static str) -> &'static str {
    let mut name = full;
    loop {
        name = name.trim_start_matches('&').trim_start_matches("mut ");
        match name.split_once('<') {
            Some((pointer, inside)) if POINTERS.contains(&last_segment(pointer)) => name = inside,
            _ => break,
        }
    }
    let is_dynamic = name.starts_with("dyn ");
    let name = name.trim_start_matches("dyn ");
    let end = name
        .find(|char: char| !(char.is_alphanumeric() || "_:#".contains(char)))
        .unwrap_or(name.len());
    let path = &name[..end];
    match last_segment(path) {
        "" => full,
        "Error" if is_dynamic && path.starts_with("core::") => "dyn Error",
        last => with_parents(path, last),
    }
}

/// Smart pointers, of which the inside is the error.
const POINTERS: [&str; 4] = ["Box", "Arc", "Rc", "Pin"];

/// Words that say nothing alone.
const VAGUE: [&str; 5] = ["Error", "ErrorKind", "Kind", "error", "errors"];

/// `segment`, the last one of `path`, with as much before it as makes it telling.
fn with_parents(path: &'static str, segment: &'static str) -> &'static str {
    let mut segment = segment;
    let mut start = path.len() - segment.len();
    while VAGUE.contains(&segment) && start >= 2 {
        segment = last_segment(&path[..start - 2]);
        start -= segment.len() + 2;
    }
    &path[start..]
}

fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::error::Error;
    use std::rc::Rc;
    use std::{fmt, io};

    use super::{Failure, Message, error_type, returned, short};

    fn told(failure: Option<Failure<'_>>) -> Option<(String, String)> {
        failure.map(|failure| {
            let message = match failure.message {
                Message::Display(text) => format!("display {text}"),
                Message::Debug(text) => format!("debug {text:?}"),
                Message::Mapped(text) => format!("mapped {text}"),
                Message::None => "none".to_owned(),
            };
            (failure.error_type.into_owned(), message)
        })
    }

    fn expected(error_type: &str, message: &str) -> Option<(String, String)> {
        Some((error_type.to_owned(), message.to_owned()))
    }

    #[derive(Debug)]
    struct OnlyDebug;
    struct Nothing;
    type Alias<T> = Result<T, Nothing>;

    #[test]
    fn an_err_is_a_failure_whatever_its_type_can_do() {
        assert_eq!(
            told(returned(&Err::<(), _>("no")).telemetry_failure()),
            expected("str", "display no")
        );
        let debug = Err::<u8, _>(OnlyDebug);
        assert_eq!(
            told(returned(&debug).telemetry_failure()),
            expected("OnlyDebug", "debug OnlyDebug")
        );
        let alias: Alias<u8> = Err(Nothing);
        assert_eq!(
            told(returned(&alias).telemetry_failure()),
            expected("Nothing", "none")
        );
    }

    #[test]
    fn nothing_else_is() {
        assert!(
            returned(&Ok::<_, OnlyDebug>(1))
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&Ok::<_, Infallible>(1))
                .telemetry_failure()
                .is_none()
        );
        assert!(returned(&None::<u8>).telemetry_failure().is_none());
        assert!(returned(&()).telemetry_failure().is_none());
        assert!(returned(&Nothing).telemetry_failure().is_none());
        assert!(
            returned(&&Err::<(), _>("by reference"))
                .telemetry_failure()
                .is_none()
        );
    }

    #[test]
    fn a_generic_error_is_what_its_bounds_say() {
        fn displayed<E: fmt::Display>(error: E) -> Option<(String, String)> {
            told(returned(&Err::<(), _>(error)).telemetry_failure())
        }
        fn unbounded<E>(error: E) -> Option<(String, String)> {
            told(returned(&Err::<(), _>(error)).telemetry_failure())
        }
        assert_eq!(displayed(3_u8), expected("u8", "display 3"));
        assert_eq!(unbounded(3_u8), expected("u8", "none"));
    }

    #[test]
    fn names_are_short_and_telling() {
        assert_eq!(error_type::<std::num::ParseIntError>(), "ParseIntError");
        assert_eq!(error_type::<io::Error>(), "io::error::Error");
        assert_eq!(error_type::<fmt::Error>(), "fmt::Error");
        assert_eq!(error_type::<Box<dyn Error>>(), "dyn Error");
        assert_eq!(error_type::<Box<dyn Error + Send + Sync>>(), "dyn Error");
        assert_eq!(error_type::<Box<OnlyDebug>>(), "OnlyDebug");
        assert_eq!(error_type::<&Rc<Vec<String>>>(), "Vec");
        assert_eq!(error_type::<String>(), "String");
        assert_eq!(error_type::<(u8, u16)>(), "(u8, u16)");
        assert_eq!(error_type::<()>(), "()");
        assert_eq!(short("anyhow::Error"), "anyhow::Error");
        assert_eq!(short("Error"), "Error");
        assert_eq!(
            short("app::error::Error<alloc::string::String>"),
            "app::error::Error"
        );
        assert_eq!(
            short("alloc::boxed::Box<dyn app::Fault + core::marker::Send>"),
            "Fault"
        );
    }
}
