//! How generated code says that a call failed.
//!
//! `failure!(&output)`, which is `returned(&output).telemetry_error().telemetry_failure()`, is decided by the type of `output`,
//! through aliases too, in the way of [`capture`](super::capture): the methods stand on types
//! that dereference to one another, and the compiler takes the first that fits. In two steps, so
//! that what depends on an error's type is compiled once for it, whatever else functions give.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
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
    /// By `Display`, and what is below it by `source`.
    Error(&'a (dyn Error + 'a)),
    /// By `Display`.
    Display(&'a dyn fmt::Display),
    /// By `Debug`.
    Debug(&'a dyn fmt::Debug),
    /// What the attribute makes of it.
    Mapped(Box<dyn fmt::Display + 'a>),
    /// What was found out while the error was there.
    Told(&'a Told),
    /// It can do neither.
    None,
}

/// An error as it goes out.
#[derive(Default)]
pub struct Told {
    /// `error.message`
    pub message: Option<String>,
    /// `error.source`
    pub sources: Option<String>,
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
#[inline]
pub fn returned<T>(output: &T) -> Returned<'_, T> {
    Returned(Other(output))
}

/// Perhaps a `Result`.
pub struct Returned<'a, T>(Other<'a, T>);

impl<'a, T, E> Returned<'a, Result<T, E>> {
    /// The error, if it is one.
    #[must_use]
    #[inline]
    pub fn telemetry_error(&self) -> Erroneous<'a, E> {
        let error = self.0.0.as_ref().err();
        Erroneous(Boxed(Holding(Displayed(Debugged(Silent(error))))))
    }

    /// What a reader is interested in: of a `Result` only what is inside of an `Ok`.
    #[must_use]
    pub fn telemetry_value(&self) -> Option<&'a T> {
        self.0.0.as_ref().ok()
    }
}

/// No `Result`, or none that can be known as one where the function stands.
pub struct Other<'a, T>(&'a T);

impl<'a, T> Other<'a, T> {
    /// There is none.
    #[must_use]
    #[inline]
    pub fn telemetry_error(&self) -> Faultless {
        Faultless
    }

    /// All of it.
    #[must_use]
    pub fn telemetry_value(&self) -> Option<&'a T> {
        Some(self.0)
    }
}

/// What cannot have failed.
pub struct Faultless;

impl Faultless {
    /// Never a failure.
    #[must_use]
    #[inline]
    pub fn telemetry_failure<'a>(&self) -> Option<Failure<'a>> {
        None
    }
}

/// The failure of an error whose type is `E`.
#[cold]
fn failure<E>(message: Message<'_>) -> Option<Failure<'_>> {
    Some(Failure {
        error_type: Cow::Borrowed(error_type::<E>()),
        message,
    })
}

/// Perhaps an error that has [`Error`].
pub struct Erroneous<'a, E>(Boxed<'a, E>);

impl<'a, E: Error> Erroneous<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0.0.0.0?;
        failure::<E>(Message::Error(error))
    }
}

/// Perhaps a box of an [`Error`], which has none itself.
pub struct Boxed<'a, E>(Holding<'a, E>);

impl<'a, E: InBox> Boxed<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0.0.0?;
        failure::<E>(Message::Error(error.inside()))
    }
}

/// `Box<dyn Error>`, with or without `Send` and `Sync`.
pub trait InBox {
    /// What is in the box.
    fn inside(&self) -> &(dyn Error + '_);
}

macro_rules! in_box {
    ($($dyn:ty),*) => {
        $(impl<'e> InBox for Box<$dyn> {
            fn inside(&self) -> &(dyn Error + '_) {
                &**self
            }
        })*
    };
}

in_box!(
    dyn Error + 'e,
    dyn Error + Send + 'e,
    dyn Error + Send + Sync + 'e
);

/// Perhaps a type around an [`Error`] that it gives, as those of anyhow and eyre do.
pub struct Holding<'a, E>(Displayed<'a, E>);

impl<'a, 'e: 'a, E: AsRef<dyn Error + 'e>> Holding<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0.0?;
        failure::<E>(Message::Error(error.as_ref()))
    }
}

/// Perhaps an error that has `Display`.
pub struct Displayed<'a, E>(Debugged<'a, E>);

impl<'a, E: fmt::Display> Displayed<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0.0?;
        failure::<E>(Message::Display(error))
    }
}

/// Perhaps an error that has `Debug`.
pub struct Debugged<'a, E>(Silent<'a, E>);

impl<'a, E: fmt::Debug> Debugged<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        let error = self.0.0?;
        failure::<E>(Message::Debug(error))
    }
}

/// An error of which no more can be said than that it is there.
pub struct Silent<'a, E>(Option<&'a E>);

impl<'a, E> Silent<'a, E> {
    /// The failure, if there is an error.
    #[must_use]
    #[inline]
    pub fn telemetry_failure(&self) -> Option<Failure<'a>> {
        self.0?;
        failure::<E>(Message::None)
    }
}

macro_rules! falls_back {
    ($($from:ident -> $to:ident),*) => {
        $(impl<'a, T> Deref for $from<'a, T> {
            type Target = $to<'a, T>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        })*
    };
}

falls_back!(
    Returned -> Other,
    Erroneous -> Boxed,
    Boxed -> Holding,
    Holding -> Displayed,
    Displayed -> Debugged,
    Debugged -> Silent
);

/// The name of `E` as an `error.type`.
pub(super) fn error_type<E: ?Sized>() -> &'static str {
    short(type_name::<E>())
}

/// What a reader needs of a type's full name: no generics, no pointers around it, no
/// path but where the last word says nothing (`io::error::Error`, `anyhow::Error`).
fn short(full: &'static str) -> &'static str {
    let mut name = full;
    loop {
        name = name.trim_start_matches('&');
        while let Some(rest) = name.strip_prefix("mut ") {
            name = rest;
        }
        match name.split_once('<') {
            Some((pointer, inside)) if POINTERS.contains(&last_segment(pointer)) => name = inside,
            _ => break,
        }
    }
    let is_dynamic = name.starts_with("dyn ");
    let name = name.strip_prefix("dyn ").unwrap_or(name);
    // Letters that are not ASCII's are a name's too.
    let is_of_path =
        |byte: u8| byte.is_ascii_alphanumeric() || b"_:#".contains(&byte) || byte >= 0x80;
    let end = name.bytes().position(|byte| !is_of_path(byte));
    let path = &name[..end.unwrap_or(name.len())];
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

/// A path has no colons but in pairs. By characters: a search for `"::"` is several hundred instructions
/// before it begins, and this is asked for each call that fails.
fn last_segment(path: &str) -> &str {
    match path.rfind(':') {
        Some(colon) => &path[colon + 1..],
        None => path,
    }
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
                Message::Error(error) => {
                    let source = error.source().map(|it| format!(" below {it}"));
                    format!("error {error}{}", source.unwrap_or_default())
                }
                Message::Display(text) => format!("display {text}"),
                Message::Debug(text) => format!("debug {text:?}"),
                Message::Mapped(text) => format!("mapped {text}"),
                Message::Told(told) => told.message.clone().unwrap_or_default(),
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
            told(
                returned(&Err::<(), _>("no"))
                    .telemetry_error()
                    .telemetry_failure()
            ),
            expected("str", "display no")
        );
        let debug = Err::<u8, _>(OnlyDebug);
        assert_eq!(
            told(returned(&debug).telemetry_error().telemetry_failure()),
            expected("OnlyDebug", "debug OnlyDebug")
        );
        let alias: Alias<u8> = Err(Nothing);
        assert_eq!(
            told(returned(&alias).telemetry_error().telemetry_failure()),
            expected("Nothing", "none")
        );
    }

    /// Fails because of another one, which lives as long as what it was made of.
    #[derive(Debug)]
    struct Because<'a>(&'a str, io::Error);

    impl fmt::Display for Because<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Because<'_> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.1)
        }
    }

    /// As anyhow's is: no `Error` itself.
    struct Report(Box<dyn Error + Send + Sync>);

    impl AsRef<dyn Error> for Report {
        fn as_ref(&self) -> &(dyn Error + 'static) {
            &*self.0
        }
    }

    impl AsRef<dyn Error + Send + Sync> for Report {
        fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
            &*self.0
        }
    }

    #[test]
    fn an_error_is_seen_through_what_holds_it() {
        fn because(text: &str) -> Because<'_> {
            Because(text, io::Error::other("disk"))
        }
        let text = "page".to_owned();
        let own = Err::<(), _>(because(&text));
        let seen = |name| expected(name, "error page below disk");
        assert_eq!(
            told(returned(&own).telemetry_error().telemetry_failure()),
            seen("Because")
        );
        let borrowed: Result<(), Box<dyn Error + '_>> = Err(Box::new(because(&text)));
        assert_eq!(
            told(returned(&borrowed).telemetry_error().telemetry_failure()),
            seen("dyn Error")
        );
        let sent: Result<u8, Box<dyn Error + Send>> = Err(Box::new(because("page")));
        assert_eq!(
            told(returned(&sent).telemetry_error().telemetry_failure()),
            seen("dyn Error")
        );
        let shared: Result<u8, Box<dyn Error + Send + Sync>> = Err(Box::new(because("page")));
        assert_eq!(
            told(returned(&shared).telemetry_error().telemetry_failure()),
            seen("dyn Error")
        );
        let held = Err::<(), _>(Report(Box::new(because("page"))));
        assert_eq!(
            told(returned(&held).telemetry_error().telemetry_failure()),
            seen("Report")
        );
    }

    #[test]
    fn nothing_else_is() {
        assert!(
            returned(&Ok::<_, OnlyDebug>(1))
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&Ok::<_, Infallible>(1))
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&None::<u8>)
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&())
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&Nothing)
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
        assert!(
            returned(&&Err::<(), _>("by reference"))
                .telemetry_error()
                .telemetry_failure()
                .is_none()
        );
    }

    #[test]
    fn a_generic_error_is_what_its_bounds_say() {
        fn displayed<E: fmt::Display>(error: E) -> Option<(String, String)> {
            told(
                returned(&Err::<(), _>(error))
                    .telemetry_error()
                    .telemetry_failure(),
            )
        }
        fn unbounded<E>(error: E) -> Option<(String, String)> {
            told(
                returned(&Err::<(), _>(error))
                    .telemetry_error()
                    .telemetry_failure(),
            )
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
