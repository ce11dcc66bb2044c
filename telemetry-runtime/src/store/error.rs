//! Why a store could not do what it was asked.

use std::fmt;

/// Says where, what, and what to do. Never holds a password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreError {
    kind: Kind,
    text: String,
}

/// What a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wait: locked, full, not reachable, no longer connected.
    Unavailable,
    /// Nothing: the contents make no sense.
    Damaged,
    /// Use a newer version of this crate: the contents are of a later one.
    Newer,
    /// Change the settings: no right, no such database, somebody else's file.
    Refused,
    /// Leave this one out: the store takes everything but that.
    Unfit,
}

impl StoreError {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, text)
    }

    pub(crate) fn damaged(text: impl Into<String>) -> Self {
        Self::new(Kind::Damaged, text)
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::new(Kind::Refused, text)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The same may succeed later: the store is locked, full or cannot be reached.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }

    /// What is stored makes no sense: bytes were changed, or the file is no database.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.kind == Kind::Damaged
    }

    /// What is stored was written by a later version of this crate. It is left as it is.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.kind == Kind::Newer
    }

    /// With the place in front of it.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.text = format!("{place}: {}", self.text);
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The same text as [`Display`](fmt::Display), since `main` prints this one.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StoreError {}
