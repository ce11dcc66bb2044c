//! What a key may hold.

use std::fmt;

/// The shape and range of a key's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `true`, `false`, and `yes`, `no`, `on`, `off` as YAML 1.1 read them.
    Flag,
    Text,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// One of these names or a list of them.
    Choices(&'static [&'static str]),
    /// The same, and an empty list.
    Set(&'static [&'static str]),
    Number {
        min: f64,
        max: f64,
    },
    Integer {
        min: u64,
        max: u64,
        unit: &'static str,
    },
    /// The URL of a server.
    Url,
    /// The same; some exporters take it without `http://`, which shows when all is merged.
    Endpoint,
    /// The URL of a PostgreSQL database.
    Database,
    /// `host:port` to listen on.
    Address,
    /// A file's path, from the working directory.
    File,
    Texts,
    /// Rising numbers above 0.
    Buckets,
    /// HTTP headers. Their values are secrets.
    Headers,
    /// Name to text, such as a resource's attributes.
    Attributes,
    /// Name to milliseconds.
    Limits,
    /// These keys, each a file.
    Files(&'static [&'static str]),
    /// Pattern to the keys of [`RULES`](super::keys::RULES).
    Rules,
}

impl Kind {
    /// Holds a map or a list, which the environment and code write as YAML.
    pub(crate) fn is_collection(self) -> bool {
        matches!(
            self,
            Self::Texts
                | Self::Buckets
                | Self::Headers
                | Self::Attributes
                | Self::Limits
                | Self::Files(_)
                | Self::Rules
        )
    }

    /// The names that it knows.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Choice(names) | Self::Choices(names) | Self::Set(names) | Self::Files(names) => {
                names
            }
            _ => &[],
        }
    }
}

impl Kind {
    /// What is allowed in the fewest words, where the key's own words do not say it.
    pub(crate) fn range(self) -> Option<String> {
        match self {
            Self::Choice(names) | Self::Set(names) => Some(names.join(", ")),
            Self::Choices(names) => Some(format!("{}, or a list", names.join(", "))),
            Self::Number { min, max } => Some(format!("{min} to {max}")),
            Self::Integer { min, max, unit } => Some(format!("{min} to {max} {unit}")),
            _ => None,
        }
    }
}

/// The limits of [`Kind::Limits`]: a day.
pub(crate) const LONGEST_LIMIT_MS: f64 = 86_400_000.0;
/// The most bounds that a histogram may have.
pub(crate) const MOST_BUCKETS: usize = 160;

/// What is allowed, for messages and for the documented file.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("true, false"),
            Self::Text => f.write_str("a text"),
            Self::Choice(names) => f.write_str(&names.join(", ")),
            Self::Choices(names) => write!(f, "{}; or a list of them", names.join(", ")),
            Self::Set(names) => write!(f, "a list of {}", names.join(", ")),
            Self::Number { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Integer { min, max, unit } => {
                let unit = if unit.is_empty() {
                    String::new()
                } else {
                    format!(" ({unit})")
                };
                write!(f, "a whole number from {min} to {max}{unit}")
            }
            Self::Url | Self::Endpoint => {
                f.write_str("http://host:port/path or https://host:port/path")
            }
            Self::Database => f.write_str("postgres://user:password@host:port/database"),
            Self::Address => f.write_str("host:port"),
            Self::File => f.write_str("the path of a file"),
            Self::Texts => f.write_str("a list of texts"),
            Self::Buckets => write!(f, "a list of 1 to {MOST_BUCKETS} rising numbers above 0"),
            Self::Headers => f.write_str("a map of header names to values"),
            Self::Attributes => f.write_str("a map of names to texts"),
            Self::Limits => write!(
                f,
                "a map of tool names to milliseconds, 0 to {LONGEST_LIMIT_MS}"
            ),
            Self::Files(names) => write!(f, "a map with {}", names.join(", ")),
            Self::Rules => f.write_str("a map of tool names or patterns to settings"),
        }
    }
}
