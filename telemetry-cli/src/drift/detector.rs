//! A detector over a file.

use std::path::Path;
use std::time::{Duration, SystemTime};

use telemetry_runtime::drift::{Baseline, Detector, DetectorConfig, Event, Season};

use crate::arguments::DetectorArguments;
use crate::failure::Failure;
use crate::samples::{Sample, Summary, each};

/// What a file has led to.
pub(super) struct Observed {
    pub(super) summary: Summary,
    pub(super) detector: Detector,
    /// Whether it had times.
    pub(super) timed: bool,
}

/// Runs the file through a detector that starts from `baselines`. Each call is seen by its tool and
/// milliseconds; each event is told with the number
/// of the sample that raised it, and whether the file has times.
pub(super) fn observe(
    path: &Path,
    arguments: &DetectorArguments,
    baselines: Vec<(String, Baseline)>,
    mut seen: impl FnMut(&str, f64),
    mut told: impl FnMut(Event, u64, bool) -> Result<(), Failure>,
) -> Result<Observed, Failure> {
    let name = name(path, arguments);
    let mut baselines = Some(baselines);
    let mut running: Option<(Detector, bool)> = None;
    let mut last = (SystemTime::UNIX_EPOCH, 0);
    let summary = each(path, arguments.unit, |sample: &Sample<'_>| {
        let timed = sample.at.is_some();
        let (detector, _) = match &mut running {
            Some(running) => running,
            None => {
                let detector = new(arguments, timed, baselines.take().unwrap_or_default())?;
                running.insert((detector, timed))
            }
        };
        let at = sample.at.unwrap_or(SystemTime::UNIX_EPOCH);
        last = (at, sample.number);
        let tool = sample.tool.unwrap_or(&name);
        seen(tool, sample.ms);
        detector.observe_ms(tool, sample.ms, sample.outcome, at);
        for event in detector.drain_events() {
            told(event, sample.number, timed)?;
        }
        Ok(())
    })?;
    let Some((mut detector, timed)) = running else {
        return Err(Failure::wrong(format!("{}: it is empty", path.display())));
    };
    // The last batch of each tool is looked at although it is not full.
    let wait = detector.config().batch_timeout + Duration::from_secs(1);
    detector.advance(last.0 + wait);
    for event in detector.drain_events() {
        told(event, last.1, timed)?;
    }
    Ok(Observed {
        summary,
        detector,
        timed,
    })
}

fn new(
    arguments: &DetectorArguments,
    timed: bool,
    baselines: Vec<(String, Baseline)>,
) -> Result<Detector, Failure> {
    let mut config = DetectorConfig::default();
    config.threshold = arguments.threshold;
    config.window_size = arguments.window_size;
    config.false_alarms_per_day = arguments.false_alarms_per_day;
    config.max_tools = arguments.max_tools;
    config.timed = timed;
    if !timed {
        config.calls_per_false_alarm = Some(arguments.calls_per_false_alarm);
        config.season = Season::Off;
    }
    let mut detector = Detector::new(config).map_err(|error| Failure::wrong(error.to_string()))?;
    detector.import_baselines(None, baselines);
    Ok(detector)
}

/// What calls without a name are told apart by.
pub(super) fn name(path: &Path, arguments: &DetectorArguments) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem
        .filter(|stem| stem != "-")
        .unwrap_or_else(|| "stdin".to_owned());
    arguments.tool.clone().unwrap_or(stem)
}

/// Arguments that read another file the same way, under the same name.
pub(super) fn same(arguments: &DetectorArguments, tool: String) -> DetectorArguments {
    DetectorArguments {
        tool: Some(tool),
        unit: arguments.unit,
        ..*arguments
    }
}
