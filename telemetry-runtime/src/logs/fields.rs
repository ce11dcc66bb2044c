//! Names of a record's fields.

use std::borrow::Cow;

use crate::names::log::{RESERVED, TARGET};

/// The name under which a field of the user's goes: its own, unless it is one of ours. A query
/// for `duration_ms > 5000` would fail at a text of that name.
pub(super) fn name(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) {
        Cow::Owned(format!("fields.{name}"))
    } else {
        Cow::Borrowed(name)
    }
}

/// The same in a line of the program's, which has a target too.
pub(super) fn name_in_line(name: &str) -> Cow<'_, str> {
    if name == TARGET {
        Cow::Borrowed("fields.target")
    } else {
        self::name(name)
    }
}
