//! Log records: one a call, made by the collector; their levels and budgets.

#[cfg(all(feature = "logs", feature = "_export"))]
mod budget;
#[cfg(all(feature = "logs", feature = "_export"))]
mod calls;
#[cfg(all(feature = "logs", feature = "_export"))]
mod fields;
#[cfg(feature = "loki")]
pub(crate) mod loki;
#[cfg(all(feature = "logs", feature = "_export"))]
mod message;
#[cfg(all(feature = "logs", feature = "_export"))]
mod notes;
mod settings;

#[cfg(all(feature = "logs", feature = "_export"))]
pub(crate) use calls::CallLogs;
#[cfg(all(feature = "logs", feature = "_export"))]
pub(crate) use notes::Notes;
pub(crate) use settings::configure;

use std::borrow::Cow;

use crate::call::tool::Level;
use crate::value::Value;

/// What this crate has found out itself, to be logged.
pub(crate) struct Note<'a> {
    pub(crate) level: Level,
    pub(crate) event_name: &'static str,
    /// A sentence.
    pub(crate) text: &'a str,
    pub(crate) attributes: &'a [(Cow<'static, str>, Value)],
}

/// Who writes notes.
pub(crate) type WriteNote = Box<dyn FnMut(&Note<'_>) + Send>;
