//! A server: started with its configuration, waited for until it is ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::http::get;
use super::patience::eventually;
use super::process::Process;

pub(crate) struct Server {
    process: Process,
    /// How it was started, to start it again.
    command: Command,
    ready: String,
}

impl Server {
    /// `template` is a configuration with `${NAME}` placeholders. `arguments` gets the
    /// server's folder and configuration.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        template: &str,
        values: &[(&str, String)],
        arguments: impl FnOnce(&Path, &Path) -> Vec<String>,
        ready: &str,
    ) -> Self {
        let folder = Process::folder(name);
        let config = folder.path().join("config.yaml");
        fs::write(&config, fill_in(template, values)).expect("the configuration is written");
        let mut command = Command::new(program);
        command.args(arguments(folder.path(), &config));
        Self::start_in(name, folder, command, ready)
    }

    /// The same with a folder that has all it reads.
    pub(crate) fn start_in(
        name: &'static str,
        folder: TempDir,
        mut command: Command,
        ready: &str,
    ) -> Self {
        command
            // Jaeger traces its own queries, into whatever listens on 4317.
            .env("OTEL_TRACES_SAMPLER", "always_off")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut server = Self {
            process: Process::start(name, folder, &mut command),
            command,
            ready: ready.to_owned(),
        };
        server.wait_until_ready();
        server
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again in the same folder, and waits until it is ready.
    pub(crate) fn start_again(&mut self) {
        self.process.start_again(&mut self.command);
        self.wait_until_ready();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.process.file(name)
    }

    fn wait_until_ready(&mut self) {
        let url = &self.ready;
        let Process { name, child, .. } = &mut self.process;
        eventually(&format!("{name} is ready"), || {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                panic!("{name} ended before it was ready: {status}");
            }
            get(url, &[])
        });
    }
}

/// Puts the values into a template. Panics where a placeholder is left.
fn fill_in(template: &str, values: &[(&str, String)]) -> String {
    let lines = template.lines().filter(|line| !line.starts_with('#'));
    let template: String = lines.map(|line| format!("{line}\n")).collect();
    let filled = values.iter().fold(template, |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    });
    assert!(
        !filled.contains("${"),
        "a placeholder is left in:\n{filled}"
    );
    filled
}
