//! `watch: true`: the file is read again when it changes.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, SystemTime};

use super::running::Running;
use crate::notice::notice;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// Watches `file` until telemetry has ended.
pub(super) fn start(file: PathBuf, running: Weak<Running>) -> std::io::Result<()> {
    // It may have changed since it was read.
    let mut seen = None;
    let watch = move || {
        while let Some(running) = running.upgrade() {
            let now = stamp(&file);
            if now != seen && now.is_some() {
                seen = now;
                reload(&running, &file);
            }
            drop(running);
            std::thread::sleep(INTERVAL);
        }
    };
    std::thread::Builder::new()
        .name("telemetry-watch".into())
        .spawn(watch)
        .map(drop)
}

/// Modification time and length: what changes when a file does.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn reload(running: &Running, file: &Path) {
    match running.reload() {
        Err(error) => notice(&format!("the changed file is not used:\n{error}")),
        Ok(changed) => {
            if !changed.applied.is_empty() {
                notice(&format!(
                    "{}: applied {}",
                    file.display(),
                    changed.applied.join(", ")
                ));
            }
            if !changed.restart.is_empty() {
                let keys = changed.restart.join(", ");
                notice(&format!(
                    "{}: changes of {keys} take effect at the next start",
                    file.display()
                ));
            }
        }
    }
}
