//! Log records: one a call, made by the collector; their levels and budgets.

#[cfg(all(feature = "logs", feature = "_export"))]
mod budget;
#[cfg(all(feature = "logs", feature = "_export"))]
mod calls;
#[cfg(all(feature = "logs", feature = "_export"))]
mod fields;
#[cfg(all(feature = "logs", feature = "_export"))]
mod message;
mod settings;

#[cfg(all(feature = "logs", feature = "_export"))]
pub(crate) use calls::CallLogs;
pub(crate) use settings::configure;
