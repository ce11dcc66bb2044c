//! A server's process: started with its configuration in a folder of its own, waited for
//! until it is ready, ended by its process id.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::http::get;
use super::patience::eventually;

/// Ends the process when dropped. Where the test panics, the folder with its log and
/// configuration stays, and the log's end is printed.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    folder: TempDir,
}

impl Server {
    /// `template` is a configuration with `${NAME}` placeholders. `arguments` gets the
    /// server's folder and configuration, and runs in the folder.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        template: &str,
        values: &[(&str, String)],
        arguments: impl FnOnce(&Path, &Path) -> Vec<String>,
        ready: &str,
    ) -> Self {
        let folder = folder(name);
        let config = folder.path().join("config.yaml");
        fs::write(&config, fill_in(template, values)).expect("the configuration is written");
        let log = File::create(folder.path().join(LOG)).expect("the log is created");
        let child = Command::new(program)
            .args(arguments(folder.path(), &config))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log's handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut server = Self {
            name,
            child,
            folder,
        };
        server.wait_until_ready(ready);
        server
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wait_until_ready(&mut self, url: &str) {
        eventually(&format!("{} is ready", self.name), || {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                panic!("{} ended before it was ready: {status}", self.name);
            }
            get(url, &[])
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both only fail where it has ended already.
        _ = self.child.kill();
        _ = self.child.wait();
        if thread::panicking() {
            self.folder.disable_cleanup(true);
            let log = self.file(LOG);
            eprintln!("--- the end of {}\n{}", log.display(), tail(&log));
        }
    }
}

const LOG: &str = "log";
const TAIL_LINES: usize = 20;

fn folder(name: &str) -> TempDir {
    TempDir::with_prefix(format!("telemetry-{name}-")).expect("a temporary folder")
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// Puts the values into a template. Panics where a placeholder is left.
pub(crate) fn fill_in(template: &str, values: &[(&str, String)]) -> String {
    let template: String = template
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let text = values.iter().fold(template, |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    });
    assert!(!text.contains("${"), "a placeholder is left in:\n{text}");
    text
}
