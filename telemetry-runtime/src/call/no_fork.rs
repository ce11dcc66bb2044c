//! Where processes do not fork.

pub(crate) fn set_running(_runs: bool) {}
