//! Running the command, and files for it to read.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder with nothing in it, where the command runs.
pub(crate) struct Place(TempDir);

/// What it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        name.to_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        command(self.0.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into()
    }

    pub(crate) fn command(&self) -> Command {
        command(self.0.path())
    }
}

/// Without what the environment says to programs with telemetry.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetry"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OTEL_") || text.starts_with("TELEMETRY_") {
            command.env_remove(&name);
        }
    }
    command.current_dir(folder);
    command
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Standard output as JSON lines.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Log-normal durations in milliseconds (median 30, σ 0.25), always the same for one seed.
pub(crate) fn durations(seed: u64, calls: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let normal = |mut next: Box<dyn FnMut() -> f64 + '_>| {
        let (one, other) = (next().max(1e-12), next());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    };
    (0..calls)
        .map(|_| 30.0 * (0.25 * normal(Box::new(&mut uniform))).exp())
        .collect()
}

/// A line each.
pub(crate) fn lines(durations: impl IntoIterator<Item = f64>) -> String {
    durations.into_iter().fold(String::new(), |mut text, ms| {
        writeln!(text, "{ms:.4}").unwrap();
        text
    })
}

/// Slower by that factor from that call on.
pub(crate) fn slower(mut durations: Vec<f64>, from: usize, factor: f64) -> Vec<f64> {
    durations[from..].iter_mut().for_each(|ms| *ms *= factor);
    durations
}
