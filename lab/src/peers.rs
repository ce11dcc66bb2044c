//! The programs that are measured: this one, and those below `lab/peers/`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;
use telemetry_lab_harness::report::Listed;

/// What stands for this project where peers are named.
pub(crate) const OURS: &str = "ours";

/// Peers are built as this program was: a debug build is for trying whether all still works.
const PROFILE: &str = if cfg!(debug_assertions) {
    "dev"
} else {
    "release"
};
/// Of a profile, below the target directory.
const FOLDER: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};

/// A program that is built.
pub(crate) struct Program {
    path: PathBuf,
    /// Before the arguments: this project is a command of the lab's own program.
    first: &'static [&'static str],
}

impl Program {
    /// Builds it, unless it is this one. The peers share a target directory: what several of
    /// them use is built once, as long as they ask for the same features.
    pub(crate) fn build(name: &str) -> Result<Self, Box<dyn Error>> {
        if name == OURS {
            let path = std::env::current_exe()?;
            return Ok(Self {
                path,
                first: &[OURS],
            });
        }
        let manifest = directory().join(name).join("Cargo.toml");
        if !manifest.exists() {
            return Err(format!(
                "there is no peer `{name}`: it is one of {}",
                all()?.join(", ")
            )
            .into());
        }
        let target = target();
        let built = cargo()
            .args(["build", "--locked", "--quiet", "--profile", PROFILE])
            .arg("--manifest-path")
            .arg(&manifest)
            .arg("--target-dir")
            .arg(&target)
            .status()?;
        if !built.success() {
            return Err(format!("{name} does not build").into());
        }
        let path = target.join(FOLDER).join(format!("lab-peer-{name}"));
        Ok(Self { path, first: &[] })
    }

    /// Its command line so far.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(self.first).args(arguments);
        command
    }

    /// What it prints; its standard error is this one's.
    fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, Box<dyn Error>> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            let program = self.path.display();
            Err(format!("{program} {}: {}", arguments.join(" "), output.status).into())
        }
    }

    /// The document that it prints.
    pub(crate) fn report<T: DeserializeOwned>(
        &self,
        arguments: &[&str],
    ) -> Result<T, Box<dyn Error>> {
        Ok(serde_json::from_slice(&self.output(arguments)?)?)
    }

    /// Its variants and their cases.
    pub(crate) fn list(&self) -> Result<Listed, Box<dyn Error>> {
        self.report(&["list"])
    }
}

/// Names of all, this project first.
pub(crate) fn all() -> Result<Vec<String>, Box<dyn Error>> {
    let mut peers = Vec::new();
    for entry in std::fs::read_dir(directory())? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            peers.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    peers.sort();
    peers.insert(0, OURS.to_owned());
    Ok(peers)
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/lab-peers")
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
