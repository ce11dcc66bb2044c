//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use telemetry_runtime::drift::{DriftType, Severity};

/// Checks configurations, looks into stored baselines and drift events, replays durations.
#[derive(Debug, Parser)]
#[command(name = "telemetry", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 `drift check` has found drift, 2 wrong arguments, \
configuration or input, 3 a file or store could not be read or written.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Looks at a configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Looks into baselines and drift events, or makes some from a file.
    #[command(subcommand)]
    Drift(Box<DriftCommand>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Tells every fault of the file, as a start of the program would. The environment counts too.
    Check {
        /// A telemetry.yaml.
        file: PathBuf,
    },
    /// Prints every key with its value and where that comes from, secrets masked.
    Show {
        /// A telemetry.yaml.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DriftCommand {
    /// Prints stored events, the newest last.
    Report(ReportArguments),
    /// Prints what is normal for each tool.
    Baseline(BaselineArguments),
    /// What a tool does now is its new normal: its baseline is learned anew, by running processes too.
    Accept(DecideArguments),
    /// Forgets what is normal for a tool, in running processes too.
    Reset(DecideArguments),
    /// Writes events and baselines into a file: JSON or Markdown, by its name.
    Export(ExportArguments),
    /// Runs the detector over a file of durations and prints what it finds.
    Replay(ReplayArguments),
    /// Compares a file of durations with a baseline; exits 1 where it has drifted.
    Check(CheckArguments),
}

/// Which store, and what of it.
#[derive(Args, Debug)]
pub(crate) struct StoreArguments {
    /// A SQLite file, or postgres://user:password@host/database. Left out: as the configuration says.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) store: Option<String>,
    /// Certificates (PEM) to trust for a PostgreSQL server, in place of the system's.
    #[arg(long, value_name = "FILE", requires = "store")]
    pub(crate) ca_file: Option<PathBuf>,
    /// A telemetry.yaml that names the store, service and environment. Left out: looked for as a program does.
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    pub(crate) config: Option<PathBuf>,
    /// Of this service only.
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Of this environment only.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Of this version of the service only.
    #[arg(long = "service-version", value_name = "VERSION")]
    pub(crate) version: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Of this tool only.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// At least so severe: low, medium, high, critical.
    #[arg(long, value_parser = severity)]
    pub(crate) severity: Option<Severity>,
    /// Of this type: performance, pattern, anomaly.
    #[arg(long = "type", value_name = "TYPE", value_parser = drift_type)]
    pub(crate) drift_type: Option<DriftType>,
    /// Not older than this: 90s, 2h, 7days.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    pub(crate) since: Option<Duration>,
    /// At most so many, the newest.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct BaselineArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Of this tool only.
    pub(crate) tool: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct DecideArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// The tool's name.
    #[arg(required_unless_present = "all")]
    pub(crate) tool: Option<String>,
    /// Every tool that the other arguments leave.
    #[arg(long, conflicts_with = "tool")]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Its name ends in .json or .md.
    pub(crate) file: PathBuf,
}

/// How durations are read, and how sure the detector has to be.
#[derive(Args, Debug)]
pub(crate) struct DetectorArguments {
    /// Of the durations in the file; spans have their own.
    #[arg(long, value_enum, default_value_t = Unit::Ms)]
    pub(crate) unit: Unit,
    /// The tool's name, where the file has none. [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// The smallest change worth an event, as a share.
    #[arg(long, value_name = "SHARE", default_value_t = 0.15)]
    pub(crate) threshold: f64,
    /// The current values come from at most so many calls since the change.
    #[arg(long, value_name = "CALLS", default_value_t = 100)]
    pub(crate) window_size: u32,
    /// Events a day and tool that are accepted though nothing has changed; for files with times.
    #[arg(long, value_name = "N", default_value_t = 0.1)]
    pub(crate) false_alarms_per_day: f64,
    /// The same for files without times: one in so many calls.
    #[arg(long, value_name = "N", default_value_t = 100_000.0)]
    pub(crate) calls_per_false_alarm: f64,
    /// Tools watched at once.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) max_tools: usize,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// A duration a line; CSV with timestamp and value; or OTLP/JSON lines as the exporter `file`
    /// writes them. `-` is standard input.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) detector: DetectorArguments,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    /// The candidate's durations, as for `replay`.
    pub(crate) file: PathBuf,
    /// What they are compared with: a file of durations, or a version of the service whose baselines
    /// are stored.
    #[arg(long, value_name = "VERSION|FILE")]
    pub(crate) against: String,
    /// A tool that has become faster has not drifted.
    #[arg(long)]
    pub(crate) only_slower: bool,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    #[command(flatten)]
    pub(crate) detector: DetectorArguments,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unit {
    S,
    Ms,
    Us,
    Ns,
}

impl Unit {
    /// Milliseconds in one.
    pub(crate) fn in_ms(self) -> f64 {
        match self {
            Self::S => 1e3,
            Self::Ms => 1.0,
            Self::Us => 1e-3,
            Self::Ns => 1e-6,
        }
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::from_name(text).ok_or_else(|| "allowed: low, medium, high, critical".to_owned())
}

fn drift_type(text: &str) -> Result<DriftType, String> {
    DriftType::from_name(text).ok_or_else(|| "allowed: performance, pattern, anomaly".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_agree_with_one_another() {
        use clap::CommandFactory;
        super::Arguments::command().debug_assert();
    }
}
