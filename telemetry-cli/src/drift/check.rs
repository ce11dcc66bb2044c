//! `check`: has a candidate drifted? A gate for CI.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use telemetry_runtime::drift::{Baseline, DriftType, Event, Histogram, Status};

use super::against;
use super::detector::observe;
use super::replay::as_json;
use crate::arguments::{CheckArguments, Format};
use crate::failure::{DRIFTED, Failure};
use crate::output::{Colour, Output, complain, significant, table};

/// One tool of both sides.
struct Compared {
    tool: String,
    before: Baseline,
    after: Histogram,
    /// With the number of the sample.
    events: Vec<(Event, u64)>,
    drifted: bool,
}

pub(super) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<u8, Failure> {
    let baselines = against::baselines(arguments)?;
    let mut events: BTreeMap<String, Vec<(Event, u64)>> = BTreeMap::new();
    let mut after: BTreeMap<String, Histogram> = BTreeMap::new();
    let observed = observe(
        &arguments.file,
        &arguments.detector,
        baselines.clone(),
        |tool, ms| match after.get_mut(tool) {
            Some(histogram) => histogram.add((ms * 1e6) as u64, 1),
            None => {
                let mut histogram = Histogram::default();
                histogram.add((ms * 1e6) as u64, 1);
                after.insert(tool.to_owned(), histogram);
            }
        },
        |event, sample, _| {
            events
                .entry(event.tool_name.clone())
                .or_default()
                .push((event, sample));
            Ok(())
        },
    )?;
    observed
        .summary
        .remarks(&arguments.file)
        .iter()
        .for_each(|remark| complain(remark));
    let compared: Vec<Compared> = baselines
        .into_iter()
        .filter_map(|(tool, before)| {
            let after = after.get(&tool)?.clone();
            let events = events.remove(&tool).unwrap_or_default();
            let drifted = has_drifted(&events, arguments.only_slower);
            Some(Compared {
                tool,
                before,
                after,
                events,
                drifted,
            })
        })
        .collect();
    if compared.is_empty() {
        return Err(Failure::wrong(format!(
            "{}: no tool in it has a baseline in {}",
            arguments.file.display(),
            arguments.against
        )));
    }
    let drifted = compared.iter().any(|compared| compared.drifted);
    match arguments.format {
        Format::Json => output.json(&json!({
            "drifted": drifted,
            "tools": compared.iter().map(|it| it.as_json(observed.timed)).collect::<Vec<_>>(),
        }))?,
        Format::Text => print(&compared, drifted, output)?,
    }
    Ok(if drifted { DRIFTED } else { 0 })
}

/// What lasts to the end counts; single calls and bursts do not.
fn has_drifted(events: &[(Event, u64)], only_slower: bool) -> bool {
    let lasting = events
        .iter()
        .rev()
        .find(|(event, _)| event.drift_type != DriftType::Anomaly);
    lasting.is_some_and(|(event, _)| {
        let slower = event.current_value > event.baseline_value;
        event.status == Status::Drifted && (slower || !only_slower)
    })
}

impl Compared {
    fn quantiles(histogram: &Histogram) -> [Option<f64>; 3] {
        [0.5, 0.95, 0.99].map(|q| histogram.quantile_ms(q))
    }

    fn as_json(&self, timed: bool) -> Value {
        let side = |calls: u64, histogram: &Histogram| {
            let [p50, p95, p99] = Self::quantiles(histogram);
            json!({ "samples": calls, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99 })
        };
        json!({
            "tool": self.tool, "drifted": self.drifted,
            "baseline": side(self.before.durations().total(), self.before.durations()),
            "candidate": side(self.after.total(), &self.after),
            "events": self.events.iter().map(|(event, sample)| as_json(event, *sample, timed)).collect::<Vec<_>>(),
        })
    }
}

fn print(compared: &[Compared], drifted: bool, output: &mut Output) -> Result<(), Failure> {
    let head = ["tool", "p50 ms", "", "p95 ms", "", "p99 ms", "", ""];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for it in compared {
        let before = Compared::quantiles(it.before.durations());
        let after = Compared::quantiles(&it.after);
        let mut row = vec![it.tool.clone()];
        for (before, after) in before.into_iter().zip(after) {
            let (before, after) = (before.unwrap_or(0.0), after.unwrap_or(0.0));
            row.push(format!("{} → {}", significant(before), significant(after)));
            row.push(format!("{:+.0} %", (after / before - 1.0) * 100.0));
        }
        row.push(if it.drifted { "drifted" } else { "as before" }.to_owned());
        rows.push(row);
    }
    for line in table(&rows) {
        output.line(&line)?;
    }
    for (event, sample) in compared.iter().flat_map(|it| &it.events) {
        output.coloured(
            Colour::of(event.severity),
            &format!("sample {sample}: {}", event.description),
        )?;
    }
    match drifted {
        true => output.coloured(Colour::Strong, "drifted"),
        false => output.coloured(Colour::Good, "no drift"),
    }
}
