//! How generated code says that a call failed.

use std::fmt;

/// What is known of a value that means failure. Nothing is formatted unless the span is sent.
pub struct Failure<'a> {
    /// `error.type`: of bounded cardinality, such as a type's name.
    pub error_type: &'a str,
    /// `error.message`
    pub message: Message<'a>,
}

/// The text of a failure, by what its type can do.
pub enum Message<'a> {
    /// By `Display`.
    Display(&'a dyn fmt::Display),
    /// By `Debug`.
    Debug(&'a dyn fmt::Debug),
    /// It can do neither.
    None,
}
