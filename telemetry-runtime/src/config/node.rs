//! A value as somebody wrote it, before the table of keys says what it must be.

use std::fmt;
use std::sync::Arc;

/// A scalar, list or map with the place it stands at.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) place: Place,
    /// It came out of a variable, which may hold a secret: no message shows it.
    pub(crate) hidden: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// `plain` says that it may be read as a number, a truth value or nothing;
    /// a text in quotes is a text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something under a YAML tag that no key can mean; holds the tag.
    Tagged(String),
}

/// One line of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn plain(text: impl Into<String>, place: Place) -> Self {
        let hidden = matches!(place.origin, Origin::Variable(_));
        Self {
            content: Content::Scalar {
                text: text.into(),
                plain: true,
            },
            place,
            hidden,
        }
    }

    pub(crate) fn list(items: Vec<Self>, place: Place) -> Self {
        Self {
            content: Content::List(items),
            place,
            hidden: false,
        }
    }

    /// Written as nothing: an empty value, `~` or `null`. It counts as left out.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) origin: Origin,
    /// From 1; 0 where the origin has no lines.
    pub(crate) line: u32,
    /// From 1, in characters; 0 where the origin has no lines.
    pub(crate) column: u32,
}

/// Who said a value, from the weakest to the strongest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Default,
    File(Arc<str>),
    Variable(Arc<str>),
    Builder,
}

impl Place {
    pub(crate) const DEFAULT: Self = Self {
        origin: Origin::Default,
        line: 0,
        column: 0,
    };
    pub(crate) const BUILDER: Self = Self {
        origin: Origin::Builder,
        line: 0,
        column: 0,
    };

    pub(crate) fn variable(name: &str) -> Self {
        Self {
            origin: Origin::Variable(name.into()),
            line: 0,
            column: 0,
        }
    }

    pub(crate) fn file(name: &str) -> Self {
        Self {
            origin: Origin::File(name.into()),
            line: 0,
            column: 0,
        }
    }

    /// As the effective configuration names it: the line, not the column.
    pub(crate) fn origin_text(&self) -> String {
        match &self.origin {
            Origin::File(name) if self.line > 0 => format!("file {name}:{}", self.line),
            Origin::File(name) => format!("file {name}"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File(name) | Self::Variable(name) => name,
            Self::Builder => "builder",
        })
    }
}
