//! A file: durations of anybody's, one a line or as CSV, and the events as JSON lines.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, SystemTime};

use telemetry_runtime::drift::{Detector, DetectorConfig, Outcome};

/// Reads milliseconds, one a line, or `timestamp,value` with seconds since 1970. Lines that are neither
/// are counted and left out; a first line of words is a header.
pub(crate) fn run(path: &Path) -> Result<(), Box<dyn Error>> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|error| format!("{name}: {error}"))?;
    let mut config = DetectorConfig::default();
    config.calls_per_false_alarm = Some(1e5);
    let mut timed = None;
    let mut detector = None;
    let mut at = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let mut left_out = 0_u64;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|error| format!("{name}: {error}"))?;
        let (time, value) = match line.split_once(',') {
            Some((time, value)) => (Some(time.trim()), value.trim()),
            None => (None, line.trim()),
        };
        let seconds = time.map(|time| {
            time.parse::<f64>()
                .ok()
                .filter(|time| (0.0..1e11).contains(time))
        });
        let (Ok(ms), false) = (value.parse::<f64>(), seconds == Some(None)) else {
            left_out += u64::from(!line.trim().is_empty());
            continue;
        };
        let seconds = seconds.flatten();
        config.timed = *timed.get_or_insert(seconds.is_some());
        let detector = match &mut detector {
            Some(detector) => detector,
            none => none.insert(Detector::new(config.clone())?),
        };
        at = match seconds {
            Some(seconds) => SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds),
            None => at + Duration::from_millis(1),
        };
        if !detector.observe_ms("file", ms, Outcome::Success, at) {
            left_out += 1;
        }
        for event in detector.drain_events() {
            println!("{}", event.to_json());
        }
    }
    if left_out > 0 {
        eprintln!("telemetry-lab: {name}: {left_out} lines without a duration were left out");
    }
    if detector.is_none() {
        return Err(format!(
            "{name}: no line has a duration in milliseconds, or `seconds,milliseconds`"
        )
        .into());
    }
    Ok(())
}
