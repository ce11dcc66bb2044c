//! What the attribute says of outcomes: a method for each of its arguments.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display};

use super::failure::{Failure, Message, error_type};

/// What a call gave, and whether its type says that it failed.
#[must_use]
pub fn judge<'a, T>(output: &'a T, failure: Option<Failure<'a>>) -> Judge<'a, T> {
    Judge { output, failure }
}

/// A call that is being judged.
pub struct Judge<'a, T> {
    output: &'a T,
    failure: Option<Failure<'a>>,
}

impl<'a, T> Judge<'a, T> {
    /// `error_if`: a failure, whatever its type says.
    #[must_use]
    pub fn error_if(mut self, is_error: impl FnOnce(&T) -> bool) -> Self {
        if self.failure.is_none() && is_error(self.output) {
            self.failure = Some(Failure {
                error_type: Cow::Borrowed(error_type::<T>()),
                message: Message::None,
            });
        }
        self
    }

    /// `ok_if`: no failure, whatever its type says.
    #[must_use]
    pub fn ok_if(mut self, is_ok: impl FnOnce(&T) -> bool) -> Self {
        if self.failure.is_some() && is_ok(self.output) {
            self.failure = None;
        }
        self
    }

    /// `error_type = "…"`
    #[must_use]
    pub fn error_named(mut self, name: &'static str) -> Self {
        if let Some(failure) = &mut self.failure {
            failure.error_type = Cow::Borrowed(name);
        }
        self
    }

    /// `err = false`
    #[must_use]
    pub fn without_message(mut self) -> Self {
        if let Some(failure) = &mut self.failure {
            failure.message = Message::None;
        }
        self
    }

    /// The failure, if it is one.
    #[must_use]
    pub fn failure(self) -> Option<Failure<'a>> {
        self.failure
    }
}

impl<'a, T, E> Judge<'a, Result<T, E>> {
    /// `error_type = function`, of the error.
    #[must_use]
    pub fn error_type<S: Into<Cow<'static, str>>>(self, name: impl FnOnce(&'a E) -> S) -> Self {
        self.each(|failure, error| failure.error_type = name(error).into())
    }

    /// `err(function)`, of the error.
    #[must_use]
    pub fn message<D: Display + 'a>(self, map: impl FnOnce(&'a E) -> D) -> Self {
        self.each(|failure, error| failure.message = Message::Mapped(Box::new(map(error))))
    }

    /// `err(Debug)`
    #[must_use]
    pub fn by_debug(self) -> Self
    where
        E: Debug,
    {
        self.each(|failure, error| failure.message = Message::Debug(error))
    }

    /// `err(Display)`
    #[must_use]
    pub fn by_display(self) -> Self
    where
        E: Display,
    {
        self.each(|failure, error| {
            // An `Error` is shown by its `Display` anyway, and what is below it too.
            if !matches!(failure.message, Message::Error(_)) {
                failure.message = Message::Display(error);
            }
        })
    }

    /// Changes a failure that has an error.
    fn each(mut self, change: impl FnOnce(&mut Failure<'a>, &'a E)) -> Self {
        if let (Some(failure), Err(error)) = (&mut self.failure, self.output) {
            change(failure, error);
        }
        self
    }
}

/// `ret(function)`, of the value.
pub fn map<'a, T: ?Sized, R>(value: &'a T, map: impl FnOnce(&'a T) -> R) -> R {
    map(value)
}

/// A value that is shown by its `Debug`, whatever its type.
pub struct ByDebug<'a, T: ?Sized>(pub &'a T);

impl<T: Debug + ?Sized> Debug for ByDebug<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that is shown by its `Display`.
pub struct ByDisplay<'a, T: ?Sized>(pub &'a T);

impl<T: Display + ?Sized> Debug for ByDisplay<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
