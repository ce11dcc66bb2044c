//! What this crate has found out itself.

use std::borrow::Cow;

use crate::call::tool::Level;
use crate::value::Value;

/// To be logged.
pub(crate) struct Note<'a> {
    pub(crate) level: Level,
    pub(crate) event_name: &'static str,
    /// A sentence.
    pub(crate) text: &'a str,
    pub(crate) attributes: &'a [(Cow<'static, str>, Value)],
}

/// Who writes notes.
pub(crate) type WriteNote = Box<dyn FnMut(&Note<'_>) + Send>;
