//! `replay`: the detector over a file, its events as they come.

use serde_json::{Value, json};
use telemetry_runtime::drift::Event;

use super::detector::observe;
use crate::arguments::{Format, ReplayArguments};
use crate::failure::Failure;
use crate::output::{Colour, Output, complain};

pub(super) fn run(arguments: &ReplayArguments, output: &mut Output) -> Result<u8, Failure> {
    let mut events = 0_u64;
    let observed = observe(
        &arguments.file,
        &arguments.detector,
        Vec::new(),
        |_, _| {},
        |event, sample, timed| {
            events += 1;
            match arguments.format {
                Format::Json => output.json(&as_json(&event, sample, timed)),
                Format::Text => {
                    output.coloured(Colour::of(event.severity), &as_text(&event, sample, timed))
                }
            }
        },
    )?;
    output.finish()?;
    for remark in observed.summary.remarks(&arguments.file) {
        complain(&remark);
    }
    let evicted = observed.detector.counters().evicted;
    if evicted > 0 {
        complain(&format!(
            "{evicted} tools gave way to others: more than --max-tools {}",
            arguments.detector.max_tools
        ));
    }
    if arguments.format == Format::Text {
        complain(&format!(
            "{} samples, {events} events",
            observed.summary.samples
        ));
    }
    Ok(0)
}

pub(super) fn as_text(event: &Event, sample: u64, timed: bool) -> String {
    let at = match timed {
        true => format!("{}  ", humantime::format_rfc3339_seconds(event.timestamp)),
        false => String::new(),
    };
    format!(
        "{at}sample {sample}  {}  {}  {}",
        event.severity, event.drift_type, event.description
    )
}

/// Moments of a file without times are nobody's.
pub(super) fn as_json(event: &Event, sample: u64, timed: bool) -> Value {
    let mut json = event.to_json();
    json["sample"] = json!(sample);
    if !timed {
        json["timestamp"] = Value::Null;
    }
    json
}
