//! `report` and `baseline`: what is stored, printed.

use std::time::SystemTime;

use serde_json::{Value, json};
use telemetry_runtime::drift::{BaselineStats, Detector, DetectorConfig};
use telemetry_runtime::store::{EventQuery, StoredBaseline, StoredEvent};

use super::source::Source;
use crate::arguments::{BaselineArguments, Format, ReportArguments};
use crate::failure::Failure;
use crate::output::{Colour, Output, complain, significant, table};

pub(super) fn report(arguments: &ReportArguments, output: &mut Output) -> Result<u8, Failure> {
    let mut source = Source::open(&arguments.store)?;
    if let Some(tool) = &arguments.tool {
        source.selection = source.selection.tool(tool);
    }
    // Type and severity are looked at here: the limit counts what is left.
    let mut query = EventQuery::new(source.selection).limit(usize::MAX);
    if let Some(age) = arguments.since {
        let since = SystemTime::now().checked_sub(age);
        query = query.since(since.unwrap_or(SystemTime::UNIX_EPOCH));
    }
    let found = source.store.events(&query)?;
    found.unreadable.iter().for_each(|why| complain(why));
    let wanted = |stored: &&StoredEvent| {
        let event = &stored.event;
        arguments
            .severity
            .is_none_or(|least| event.severity >= least)
            && arguments
                .drift_type
                .is_none_or(|wanted| event.drift_type == wanted)
    };
    let events: Vec<_> = found.rows.iter().filter(wanted).collect();
    let newest = &events[events.len().saturating_sub(arguments.limit)..];
    for stored in newest {
        match arguments.format {
            Format::Json => output.json(&as_json(stored))?,
            Format::Text => output.coloured(Colour::of(stored.event.severity), &as_text(stored))?,
        }
    }
    if newest.is_empty() && arguments.format == Format::Text {
        output.line("no events")?;
    }
    Ok(0)
}

fn as_text(stored: &StoredEvent) -> String {
    let event = &stored.event;
    let accepted = if stored.accepted.is_some() {
        ", accepted since"
    } else {
        ""
    };
    let at = humantime::format_rfc3339_seconds(event.timestamp);
    let StoredEvent {
        service,
        environment,
        version,
        ..
    } = stored;
    let version = if version.is_empty() {
        String::new()
    } else {
        format!(" {version}")
    };
    format!(
        "{at}  {:<8}  {:<11}  {service}{version} ({environment})  {}{accepted}",
        event.severity, event.drift_type, event.description
    )
}

fn as_json(stored: &StoredEvent) -> Value {
    let mut json = stored.event.to_json();
    json["service"] = json!(stored.service);
    json["environment"] = json!(stored.environment);
    json["version"] = json!(stored.version);
    json["accepted"] = json!(
        stored
            .accepted
            .map(|at| humantime::format_rfc3339(at).to_string())
    );
    json
}

pub(super) fn baseline(arguments: &BaselineArguments, output: &mut Output) -> Result<u8, Failure> {
    let mut source = Source::open(&arguments.store)?;
    if let Some(tool) = &arguments.tool {
        source.selection = source.selection.tool(tool);
    }
    let found = source.store.baselines(&source.selection)?;
    found.unreadable.iter().for_each(|why| complain(why));
    let rows = found.rows.iter().map(|stored| (stored, stats(stored)));
    match arguments.format {
        Format::Json => {
            for (stored, stats) in rows {
                output.json(&baseline_json(stored, stats.as_ref()))?;
            }
        }
        Format::Text if found.rows.is_empty() => output.line("no baselines")?,
        Format::Text => {
            let head = [
                "tool",
                "service",
                "environment",
                "version",
                "calls",
                "p50 ms",
                "p95 ms",
                "p99 ms",
                "errors",
                "",
            ];
            let mut cells = vec![head.map(str::to_owned).to_vec()];
            cells.extend(rows.map(|(stored, stats)| baseline_row(stored, stats.as_ref())));
            for line in table(&cells) {
                output.line(&line)?;
            }
        }
    }
    Ok(0)
}

/// `None` where it is to be learned anew.
pub(super) fn stats(stored: &StoredBaseline) -> Option<BaselineStats> {
    let baseline = stored.baseline.clone()?;
    let mut detector = Detector::new(DetectorConfig::default()).ok()?;
    detector.import_baselines(None, [(stored.key.tool.clone(), baseline)]);
    detector.baseline_stats(&stored.key.tool)
}

fn baseline_row(stored: &StoredBaseline, stats: Option<&BaselineStats>) -> Vec<String> {
    let key = &stored.key;
    let number =
        |of: fn(&BaselineStats) -> f64| stats.map_or("–".to_owned(), |it| significant(of(it)));
    let accepted = if stored.accepted.is_some() {
        "accepted"
    } else {
        ""
    };
    vec![
        key.tool.clone(),
        key.service.clone(),
        key.environment.clone(),
        key.version.clone(),
        stored
            .baseline
            .as_ref()
            .map_or(0, |baseline| baseline.calls())
            .to_string(),
        number(|stats| stats.p50_ms),
        number(|stats| stats.p95_ms),
        number(|stats| stats.p99_ms),
        stats.map_or("–".to_owned(), |stats| {
            format!("{:.1} %", stats.error_ratio * 100.0)
        }),
        accepted.to_owned(),
    ]
}

fn baseline_json(stored: &StoredBaseline, stats: Option<&BaselineStats>) -> Value {
    let key = &stored.key;
    json!({
        "tool": key.tool, "service": key.service, "environment": key.environment, "version": key.version,
        "calls": stored.baseline.as_ref().map_or(0, |baseline| baseline.calls()),
        "accepted": stored.accepted.map(|at| humantime::format_rfc3339(at).to_string()),
        "updated": humantime::format_rfc3339(stored.updated).to_string(),
        "mean_ms": stats.map(|it| it.mean_ms), "std_ms": stats.map(|it| it.std_ms),
        "p50_ms": stats.map(|it| it.p50_ms), "p95_ms": stats.map(|it| it.p95_ms), "p99_ms": stats.map(|it| it.p99_ms),
        "error_ratio": stats.map(|it| it.error_ratio),
        "calls_per_second": stats.and_then(|it| it.calls_per_second),
    })
}
