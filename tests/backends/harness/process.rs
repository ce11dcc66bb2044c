//! A process in a folder of its own, ended by its process id.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// Ends the process when dropped. Where the test panics, the folder with its log and
/// configuration stays, and the log's end is printed.
pub(crate) struct Process {
    pub(crate) name: &'static str,
    pub(crate) child: Child,
    folder: TempDir,
}

impl Process {
    /// A folder for what the process reads and writes, and its log.
    pub(crate) fn folder(name: &str) -> TempDir {
        TempDir::with_prefix(format!("telemetry-{name}-")).expect("a temporary folder")
    }

    /// Runs `command` in `folder`; what it says on standard error is its log.
    pub(crate) fn start(name: &'static str, folder: TempDir, command: &mut Command) -> Self {
        let log = File::create(folder.path().join(LOG)).expect("the log is created");
        let started = command
            .current_dir(folder.path())
            .stderr(Stdio::from(log))
            .spawn();
        let child =
            started.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        Self {
            name,
            child,
            folder,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both only fail where it has ended already.
        _ = self.child.kill();
        _ = self.child.wait();
        if thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!(
                "--- the end of {}\n{}",
                self.file(LOG).display(),
                self.log_end()
            );
        }
    }
}

const LOG: &str = "log";
const TAIL_LINES: usize = 20;

impl Process {
    fn log_end(&self) -> String {
        let text = fs::read_to_string(self.file(LOG)).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}
