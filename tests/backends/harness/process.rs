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
        let child = spawn(&folder, command);
        Self {
            name,
            child,
            folder,
        }
    }

    /// Ends it at once. It fails only where it has ended already.
    pub(crate) fn kill(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// Runs `command` in the same folder, after [`Process::kill`].
    pub(crate) fn start_again(&mut self, command: &mut Command) {
        self.child = spawn(&self.folder, command);
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
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

/// A second start writes on where the first one ended.
fn spawn(folder: &TempDir, command: &mut Command) -> Child {
    let mut log = File::options();
    let log = log.create(true).append(true).open(folder.path().join(LOG));
    let started = command
        .current_dir(folder.path())
        .stderr(Stdio::from(log.expect("the log is created")))
        .spawn();
    started.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()))
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
