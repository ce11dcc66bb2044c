//! The one error this crate gives.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why telemetry could not be started or stopped.
///
/// It says where, what was found and what would be right; it never holds a
/// value of the configuration that could be a secret.
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Every fault of the configuration, in the order of the file.
    Config(Vec<String>),
    AlreadyInitialized,
    /// A part could not be started.
    Start {
        part: &'static str,
        why: String,
    },
    /// A report that cannot be written.
    Report {
        path: PathBuf,
        why: String,
    },
}

impl Error {
    /// All faults of one configuration. `faults` is not empty.
    pub(crate) fn config(faults: Vec<String>) -> Self {
        Self {
            kind: Kind::Config(faults),
        }
    }

    pub(crate) fn already_initialized() -> Self {
        Self {
            kind: Kind::AlreadyInitialized,
        }
    }

    pub(crate) fn start(part: &'static str, why: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Start {
                part,
                why: why.to_string(),
            },
        }
    }

    pub(crate) fn report(path: &Path, why: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Report {
                path: path.to_owned(),
                why: why.to_string(),
            },
        }
    }

    /// A report could not be written: where it should go, or as what.
    #[must_use]
    pub fn is_report(&self) -> bool {
        matches!(self.kind, Kind::Report { .. })
    }

    /// The configuration is wrong: a file, a variable or a builder call.
    #[must_use]
    pub fn is_config(&self) -> bool {
        matches!(self.kind, Kind::Config(_))
    }

    /// Telemetry runs already in this process.
    #[must_use]
    pub fn is_already_initialized(&self) -> bool {
        matches!(self.kind, Kind::AlreadyInitialized)
    }

    /// The faults of the configuration, each one line or more; empty for other errors.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        match &self.kind {
            Kind::Config(faults) => faults,
            _ => &[],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Config(faults) => f.write_str(&faults.join("\n")),
            Kind::AlreadyInitialized => f.write_str(
                "telemetry is already initialized in this process; keep the first guard and drop it first",
            ),
            Kind::Report { path, why } => write!(f, "{}: {why}", path.display()),
            Kind::Start { part, why } => write!(f, "{part} could not be started: {why}"),
        }
    }
}

/// The same text as [`Display`](fmt::Display), since `main` prints this one.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
