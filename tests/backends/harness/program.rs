//! An instrumented program (`src/bin/instrumented`), with a configuration file of its own.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::patience::eventually;
use super::process::Process;

pub(crate) struct Program {
    process: Process,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// `settings` are keys under `telemetry:` with their values as YAML.
    pub(crate) fn start(subcommand: &'static str, settings: &[(&str, &str)]) -> Self {
        let folder = Process::folder(subcommand);
        let config = folder.path().join("telemetry.yaml");
        fs::write(&config, yaml(settings)).expect("the configuration is written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented"));
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("OTEL_") || text.starts_with("TELEMETRY_") {
                command.env_remove(&name);
            }
        }
        command
            .arg(subcommand)
            .env("TELEMETRY_CONFIG", config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Process::start(subcommand, folder, &mut command);
        let input = process.child.stdin.take();
        let output = BufReader::new(process.child.stdout.take().expect("its output is piped"));
        Self {
            process,
            input,
            output,
        }
    }

    /// Runs a program that needs no telling, to its end.
    pub(crate) fn run(subcommand: &'static str, settings: &[(&str, &str)]) -> (Value, Self) {
        let mut program = Self::start(subcommand, settings);
        let said = program.answer();
        program.finish();
        (said, program)
    }

    /// Tells it a command, and reads what it says to that.
    pub(crate) fn ask(&mut self, command: &str) -> Value {
        self.tell(command);
        self.answer()
    }

    /// Tells it a command that it works on for a while; [`Program::answer`] waits for its end.
    pub(crate) fn tell(&mut self, command: &str) {
        let input = self.input.as_mut().expect("not finished");
        writeln!(input, "{command}").expect("it reads");
    }

    /// Ends its input, and waits until it has returned from `main`.
    pub(crate) fn finish(&mut self) {
        self.input = None;
        let child = &mut self.process.child;
        let status = eventually("the program ends", || match child.try_wait() {
            Ok(Some(status)) => Ok(status),
            other => Err(format!("{other:?}")),
        });
        assert!(status.success(), "{}: {status}", self.process.name);
    }

    /// Ends its input, and reads what it says then, once it has returned from `main`.
    pub(crate) fn end(&mut self) -> Value {
        self.input = None;
        let said = self.answer();
        self.finish();
        said
    }

    /// A file in the folder it runs in.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.process.file(name)
    }

    /// A file of JSON lines there.
    pub(crate) fn json_lines(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.file(name)).expect("the file is there");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is a JSON document"))
            .collect()
    }

    /// What it says to a command it was told.
    pub(crate) fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("its output is text");
        serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{}: {error} in {line:?}", self.process.name))
    }
}

fn yaml(settings: &[(&str, &str)]) -> String {
    let always = [
        ("environment", "test"),
        ("loki_enabled", "false"),
        ("drift_detection_enabled", "false"),
    ];
    let said = |key: &str| settings.iter().any(|(name, _)| *name == key);
    let lines = always
        .iter()
        .filter(|(key, _)| !said(key))
        .chain(settings)
        .map(|(key, value)| format!("  {key}: {value}\n"));
    format!("telemetry:\n{}", lines.collect::<String>())
}
