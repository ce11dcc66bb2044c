//! `export`: everything selected, in one file.

use std::fs;
use std::time::SystemTime;

use telemetry_runtime::drift::DriftReport;
use telemetry_runtime::store::EventQuery;

use super::look::stats;
use super::source::Source;
use crate::arguments::ExportArguments;
use crate::failure::Failure;
use crate::output::{Output, complain};

pub(super) fn run(arguments: &ExportArguments, output: &mut Output) -> Result<u8, Failure> {
    let path = &arguments.file;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let as_json = match extension {
        Some("json") => true,
        Some("md") => false,
        other => {
            let found = other.map_or("no extension".to_owned(), |other| {
                format!("the extension {other}")
            });
            return Err(Failure::wrong(format!(
                "{}: found {found}, allowed: json, md",
                path.display()
            )));
        }
    };
    let mut source = Source::open(&arguments.store)?;
    let events = source
        .store
        .events(&EventQuery::new(source.selection.clone()).limit(usize::MAX))?;
    let baselines = source.store.baselines(&source.selection)?;
    let unreadable = events.unreadable.iter().chain(&baselines.unreadable);
    unreadable.for_each(|why| complain(why));
    let several = baselines
        .rows
        .windows(2)
        .any(|pair| pair[0].key.tool == pair[1].key.tool)
        || baselines
            .rows
            .windows(2)
            .any(|pair| pair[0].key.service != pair[1].key.service);
    let name = |stored: &telemetry_runtime::store::StoredBaseline| {
        let key = &stored.key;
        match several {
            false => key.tool.clone(),
            true => format!(
                "{} ({} {} {})",
                key.tool, key.service, key.environment, key.version
            ),
        }
    };
    let report = DriftReport {
        created: SystemTime::now(),
        baselines: baselines
            .rows
            .iter()
            .filter_map(|stored| Some((name(stored), stats(stored)?)))
            .collect(),
        events: events
            .rows
            .into_iter()
            .rev()
            .map(|stored| stored.event)
            .collect(),
    };
    let text = match as_json {
        true => report.to_json().to_string() + "\n",
        false => report.to_markdown(),
    };
    fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
    output.line(&format!(
        "{}: {} events, {} baselines",
        path.display(),
        report.events.len(),
        report.baselines.len()
    ))?;
    Ok(0)
}
