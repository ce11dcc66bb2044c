//! Without the SDK there are no instruments but our own.

use std::collections::HashSet;
use std::io::{self, Write};

use super::format::Format;

#[derive(Debug, Default)]
pub(super) struct Others;

impl Others {
    #[expect(clippy::unused_self, reason = "the SDK's side has something to write")]
    pub(super) fn write(
        &self,
        _: Format,
        _: HashSet<String>,
        _: &mut impl Write,
    ) -> io::Result<()> {
        Ok(())
    }
}
