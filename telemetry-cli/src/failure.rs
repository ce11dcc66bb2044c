//! Why a command did not do what it was asked, and the exit code for it.

use std::fmt;
use std::io;
use std::path::Path;

use telemetry_runtime::store::StoreError;

/// `drift check` has found drift.
pub(crate) const DRIFTED: u8 = 1;
/// Arguments, configuration or input are wrong.
pub(crate) const WRONG: u8 = 2;
/// A file or a store could not be read or written.
const UNREACHABLE: u8 = 3;

#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    code: u8,
    closed_pipe: bool,
}

impl Failure {
    /// What the user can put right in what was typed or handed in.
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            code: WRONG,
            closed_pipe: false,
        }
    }

    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let text = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ => error.to_string(),
        };
        Self {
            text: format!("{}: {text}", path.display()),
            code: UNREACHABLE,
            closed_pipe: false,
        }
    }

    /// Something that is not ours to change could not be written or read.
    pub(crate) fn unreachable(text: impl Into<String>) -> Self {
        Self {
            code: UNREACHABLE,
            ..Self::wrong(text)
        }
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::unreachable(format!("store {error}"))
    }
}

/// The only writer whose errors come without a path is standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            text: format!("standard output: {error}"),
            code: UNREACHABLE,
            closed_pipe: error.kind() == io::ErrorKind::BrokenPipe,
        }
    }
}
