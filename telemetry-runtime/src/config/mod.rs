//! What a user may say, from the file, the environment and the builder.
//!
//! # Who wins
//!
//! Weakest first: the defaults of the [table](keys), the file, `OTEL_*`, `TELEMETRY_<KEY>`, the
//! builder. `resource`, `loki_labels`, `thresholds`, `tools` and `tls` are merged entry by entry,
//! so that a variable adds to what the file says; everything else is replaced as a whole (headers
//! too, since they belong to one server). A value that is nothing (`key:`, `~`, an empty variable)
//! counts as left out.
//!
//! # The file
//!
//! See [`file`] for where it is looked for and [`document`] for what it may hold. `${NAME}`,
//! `${NAME:-default}` and `$$` are replaced in its values only, not in those of variables and of
//! the builder. Paths in it (`tls`, `traces_file`) are from the working directory. Keys beside
//! `telemetry:` are somebody else's and not looked at.
//!
//! # Endpoints
//!
//! For OTLP over HTTP an endpoint without a path gets the signal's (`/v1/traces`), one with a path
//! is used as it is. `OTEL_EXPORTER_OTLP_ENDPOINT` always gets it added,
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` never, as the specification says. For gRPC the path is
//! dropped, and a near host needs no `http://`.
//!
//! # OpenTelemetry's variables
//!
//! The ones in [`otel::VARIABLES`]. What they say wrongly is ignored with a notice, as their
//! specification wants; but an endpoint, a header or a certificate that is wrong is an error.

mod check;
mod document;
mod effective;
mod environment;
mod fault;
mod features;
mod file;
mod keys;
mod kind;
mod layers;
mod node;
mod otel;
mod overrides;
mod resolve;
mod settings;
mod situation;
mod tools;
mod url;
mod variables;
mod written;
#[cfg(feature = "yaml")]
mod yaml;
#[cfg(not(feature = "yaml"))]
#[path = "without_yaml.rs"]
mod yaml;

use std::path::PathBuf;

pub(crate) use document::{documented_file, documented_variables};
pub(crate) use effective::{Differences, Effective};
pub(crate) use environment::Environment;
pub(crate) use file::FileChoice;
pub(crate) use overrides::Override;
pub(crate) use settings::*;
pub(crate) use tools::{Own, Redaction};
#[cfg(feature = "postgres")]
pub(crate) use url::Url;

use crate::Error;
use check::Checked;
use fault::{Fault, MOST_FAULTS};
use layers::{Layer, Layers};

/// All that a configuration is made from. No `Debug`: it holds the environment.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    pub(crate) file: FileChoice,
    pub(crate) environment: Environment,
    /// Keys and values that code gave, in its order.
    pub(crate) overrides: Vec<(String, Override)>,
    /// Code brings exporters or readers of its own: then something is sent without a word of ours.
    pub(crate) own_exporters: bool,
    /// In place of the working directory, where it is not empty.
    pub(crate) directory: PathBuf,
}

/// A configuration without a fault.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// One line each, for standard error: what was ignored, changed, or has no effect.
    pub(crate) notices: Vec<String>,
    pub(crate) effective: Effective,
    /// The file it was read from, for `watch`.
    pub(crate) file: Option<PathBuf>,
}

/// Reads, checks and merges all sources; with faults, tells all of them.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, Error> {
    match examine(sources) {
        (loaded, faults) if faults.is_empty() => Ok(loaded),
        (_, faults) => Err(Error::config(in_order(faults))),
    }
}

/// The same for a program that may have other cargo features: what this build is without is no
/// fault, and given beside the configuration.
pub(crate) fn check(sources: &Sources) -> Result<(Loaded, Vec<String>), Error> {
    let (loaded, faults) = examine(sources);
    let (missing, faults): (Vec<_>, Vec<_>) = faults
        .into_iter()
        .partition(|fault| features::is_missing(&fault.text));
    if faults.is_empty() {
        Ok((loaded, in_order(missing)))
    } else {
        Err(Error::config(in_order(faults)))
    }
}

/// The configuration is of use where there is no fault.
fn examine(sources: &Sources) -> (Loaded, Vec<Fault>) {
    let mut checked = Checked::default();
    let mut notices = Vec::new();
    written::defaults(&mut checked);
    let file = file::read(
        &sources.file,
        &sources.directory,
        &sources.environment,
        &mut checked,
        &mut notices,
    );
    otel::read(&sources.environment, &mut checked, &mut notices);
    written::environment(&sources.environment, &mut checked, &mut notices);
    written::builder(sources.overrides.clone(), &mut checked);
    let Checked {
        mut settings,
        mut faults,
    } = checked;
    if file.is_none() {
        settings.extend(situation::silent_exporters(&settings));
    }
    let mut layers = Layers::new(settings);
    layers.add(situation::logs(&layers, file.is_some()));
    let config = resolve::config(
        &layers,
        &sources.directory,
        file.is_some(),
        &mut faults,
        &mut notices,
    );
    if file.is_none() && !sources.own_exporters && sends_nothing(&config, &layers) {
        notices.push(NOTHING_SENT.to_owned());
    }
    let effective = Effective::new(&layers, &config);
    let loaded = Loaded {
        config,
        notices,
        effective,
        file,
    };
    (loaded, faults)
}

const NOTHING_SENT: &str = "nothing is sent anywhere, calls are counted in memory only: there is no telemetry.yaml and no endpoint; \
    write a telemetry.yaml, or set OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 (or TELEMETRY_TRACES_EXPORTER=console)";

fn sends_nothing(config: &Config, layers: &Layers) -> bool {
    let unsaid = |name| {
        layers
            .top(name)
            .is_some_and(|setting| setting.layer <= Layer::Situation)
    };
    let sends = !config.traces.exporters.is_empty()
        || !config.metrics.exporters.is_empty()
        || !config.logs.exporters.is_empty();
    config.enabled && !sends && (unsaid("traces_exporter") || unsaid("metrics_exporter"))
}

/// By place, as many as a person can use. Where one place of a file has two for one key, the second
/// follows from the first.
fn in_order(mut faults: Vec<Fault>) -> Vec<String> {
    faults.sort_by(|one, other| (&one.place, &one.key).cmp(&(&other.place, &other.key)));
    faults.dedup_by(|second, first| {
        let same = first.place == second.place && first.key == second.key;
        same && (first.place.line > 0 || first.text == second.text)
    });
    let mut lines: Vec<String> = faults
        .iter()
        .take(MOST_FAULTS)
        .map(ToString::to_string)
        .collect();
    if faults.len() > MOST_FAULTS {
        lines.push(format!(
            "and more: only the first {MOST_FAULTS} faults are shown"
        ));
    }
    lines
}

#[cfg(test)]
mod tests;
