//! Where the telemetry went, and how to have it elsewhere.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use telemetry_runtime::{DestinationHealth, Health};

use super::super::output::{COLLECTOR, Output};
use super::super::units::{count, path, printable};
use super::style::Style;

/// The heading above [`next`].
pub(crate) const NEXT: &str = "To send all this to a Collector";

pub(crate) fn text(output: &Output, health: &Health, style: &Style) -> String {
    let mut text = match output {
        Output::Configured(name) => format!("  as {} says\n", printable(name)),
        Output::Files { .. } => String::new(),
    };
    for destination in &health.destinations {
        // The report's own, which is not a place anybody can look at.
        if destination.name != "span_exporter" {
            add(&mut text, destination, output, style);
        }
    }
    match &health.prometheus {
        Some(Ok(address)) => {
            let _ = writeln!(
                text,
                "  metrics at http://{address}/metrics, while the program ran"
            );
        }
        Some(Err(why)) => {
            let _ = writeln!(text, "  {}", style.red(&printable(why)));
        }
        None => {}
    }
    if text.lines().count() == usize::from(matches!(output, Output::Configured(_))) {
        text.push_str("  nowhere: no exporter is configured\n");
    }
    text
}

fn add(text: &mut String, destination: &DestinationHealth, output: &Output, style: &Style) {
    let what = match destination.signal {
        "traces" => "spans",
        _ => "metric points",
    };
    let place = match (output, destination.signal) {
        (Output::Files { traces, .. }, "traces") => file(traces),
        (Output::Files { metrics, .. }, _) => file(metrics),
        (Output::Configured(_), _) => destination.name.clone(),
    };
    let _ = writeln!(text, "  {} {what}: {place}", count(destination.delivered));
    for (cause, lost) in &destination.dropped {
        let _ = writeln!(
            text,
            "    {}",
            style.red(&format!("{} lost: {cause}", count(*lost)))
        );
    }
    if destination.queue_batches > 0 {
        let _ = writeln!(
            text,
            "    batches that still wait: {}",
            destination.queue_batches
        );
    }
    if let Some(error) = &destination.last_error {
        let _ = writeln!(text, "    {}", style.red(&printable(&error.text)));
    }
}

fn file(file: &Path) -> String {
    let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
    format!(
        "{} (OTLP/JSON, {} KiB)",
        path(file),
        count(size.div_ceil(1024))
    )
}

/// What to write into a file; nothing where there is one already.
pub(crate) fn next(output: &Output) -> String {
    match output {
        Output::Configured(_) => String::new(),
        Output::Files { .. } => {
            let mut text = "  put this into telemetry.yaml and run again:\n\n".to_owned();
            for line in COLLECTOR.lines() {
                let _ = writeln!(text, "    {line}");
            }
            text
        }
    }
}
