//! OTLP/JSON lines in a file: one request a line, as the Collector's file exporter writes
//! them and its `otlpjsonfile` receiver reads them.

mod append;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Accepted, Batch, Exporter, Refused};
use crate::config::Files;
use crate::otlp::json;

/// Appends batches to a file, which it makes with its folders when the first one comes, and
/// again when somebody has removed it. Several processes can share one.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    files: Files,
}

impl File {
    /// A relative path counts from the folder that is the current one now.
    pub(crate) fn new(path: &Path, files: Files) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path, files }
    }

    fn refused(&self, error: &io::Error) -> Refused {
        let why = format!("{}: {error}", self.path.display());
        match error.kind() {
            // Somebody may make room.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Refused::Retry { after: None, why }
            }
            _ => Refused::Lost { why },
        }
    }
}

impl Exporter for File {
    fn export(&mut self, batch: &Batch, _deadline: Instant) -> Result<Accepted, Refused> {
        let mut line = json::request(batch).map_err(|error| self.refused(&error))?;
        line.push(b'\n');
        append::line(&self.path, line, self.files).map_err(|error| self.refused(&error))?;
        Ok(Accepted::default())
    }
}
