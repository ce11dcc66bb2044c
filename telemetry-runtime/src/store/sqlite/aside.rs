//! A damaged file makes way for a new one, and is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::file::File;
use crate::store::StoreError;

/// Renames the file, with what belongs to it. `None` where another process was faster.
pub(super) fn set_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    // Seen damaged a moment ago; a new one may stand there by now.
    match File::existing(path, std::time::Duration::ZERO) {
        Err(error) if error.is_damaged() => {}
        _ => return Ok(None),
    }
    let aside = free_name(path);
    let cannot = |error: std::io::Error| {
        StoreError::refused(format!(
            "{} is damaged and cannot be renamed to {}: {error}",
            path.display(),
            aside.display()
        ))
    };
    match std::fs::rename(path, &aside) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(cannot)?,
    }
    // The log of a damaged file must not be played into a new one. It may not be there.
    for suffix in ["-wal", "-shm"] {
        match std::fs::rename(with(path, suffix), with(&aside, suffix)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(cannot)?,
        }
    }
    Ok(Some(aside))
}

/// `<name>.damaged-<seconds since 1970>`, and a number where that is taken.
fn free_name(path: &Path) -> PathBuf {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let name = with(path, &format!(".damaged-{}", since.as_secs()));
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    if !taken(&name) {
        return name;
    }
    let numbered = (2_u32..).map(|number| with(&name, &format!("-{number}")));
    numbered
        .into_iter()
        .find(|name| !taken(name))
        .unwrap_or(name)
}

pub(super) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
