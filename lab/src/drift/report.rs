//! What is printed: tables, goals beside what was measured, JSON, plots.

use std::error::Error;
use std::fmt::Write as _;

use serde_json::json;

use super::grid::{self, Cell, quantile};
use super::streams::{Change, Distribution, stream};
use super::{Options, cost, oracle, plot, rivals, scenarios};

/// Seeds that no reported stream has.
const MATCHING: std::ops::Range<u64> = 500_000..500_300;
const RATE: f64 = 1e-5;

/// One distribution with one change.
struct Measured {
    distribution: Distribution,
    change: Change,
    shipped: Cell,
    /// The same with the limit moved so that false alarms come at [`RATE`].
    matched: Option<f64>,
    oracle: Option<f64>,
    page_hinkley: Option<f64>,
}

impl Measured {
    fn median(&self) -> Option<f64> {
        quantile(&self.shipped.delays, 0.5)
    }
}

pub(super) fn grid(options: &Options) -> Result<(), Box<dyn Error>> {
    let seeds = options.from..options.from + options.seeds;
    let nulls = options.from + 10_000..options.from + 10_000 + options.nulls;
    let (mut all, mut stationary, mut lines) = (Vec::new(), Vec::new(), String::new());
    for distribution in Distribution::ALL {
        let still = grid::cell(distribution, Change::None, nulls.clone(), 1.0 / RATE);
        let limit = rivals::page_hinkley_limit(distribution, MATCHING, 1.0 / RATE);
        let matching = matching(distribution);
        println!(
            "\n{}\n  {:16} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8} {:>8}  told as",
            distribution.name(),
            "",
            "median",
            "q90",
            "matched",
            "oracle",
            "P.-Hinkley",
            "anomaly",
            "missed"
        );
        for change in Change::MEASURED
            .into_iter()
            .filter(|change| change.applies(distribution))
        {
            let knows = oracle::knows(distribution, change);
            let oracle = knows.then(|| oracle::limit(distribution, change, MATCHING, 1.0 / RATE));
            let measured = Measured {
                distribution,
                change,
                shipped: grid::cell(distribution, change, seeds.clone(), 1.0 / RATE),
                matched: quantile(
                    &grid::cell(distribution, change, seeds.clone(), matching).delays,
                    0.5,
                ),
                oracle: oracle.and_then(|limit| {
                    quantile(
                        &oracle::delays(distribution, change, seeds.clone(), limit),
                        0.5,
                    )
                }),
                page_hinkley: quantile(
                    &rivals::page_hinkley_delays(distribution, change, seeds.clone(), limit),
                    0.5,
                ),
            };
            let cell = &measured.shipped;
            println!(
                "  {:16} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8} {:>8}  {:?}",
                change.name(),
                text(measured.median()),
                text(quantile(&cell.delays, 0.9)),
                text(measured.matched),
                text(measured.oracle),
                text(measured.page_hinkley),
                text(quantile(&cell.anomalies, 0.5)),
                cell.delays.iter().filter(|delay| delay.is_none()).count(),
                cell.kinds,
            );
            line(
                &mut lines,
                "shipped",
                &measured,
                measured.median(),
                quantile(&cell.delays, 0.9),
                cell,
            );
            line(
                &mut lines,
                "matched",
                &measured,
                measured.matched,
                None,
                &Cell::default(),
            );
            line(
                &mut lines,
                "oracle",
                &measured,
                measured.oracle,
                None,
                &Cell::default(),
            );
            line(
                &mut lines,
                "page_hinkley",
                &measured,
                measured.page_hinkley,
                None,
                &Cell::default(),
            );
            all.push(measured);
        }
        let (wrong, calls) = (
            still.false_drifts + still.false_anomalies,
            still.calls as f64,
        );
        println!(
            "  none: {} drift, {} anomaly in {calls} calls: {:.1e} a call, at most {:.1e} (95 %)",
            still.false_drifts,
            still.false_anomalies,
            wrong as f64 / calls,
            upper(wrong) / calls
        );
        let recipe = |stream: Vec<u64>| rivals::usual_recipe(&stream);
        let (off, far) = nulls
            .clone()
            .take(20)
            .map(|seed| recipe(stream(distribution, Change::None, seed)))
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        println!(
            "  the usual recipe, false episodes in 10,000 calls: moving mean {:.1}, z > 3 {:.1}",
            off as f64 / 20.0,
            far as f64 / 20.0
        );
        let _ = writeln!(
            lines,
            "{}",
            json!({"detector": "shipped", "distribution": distribution.name(), "change": "none", "calls": still.calls, "false_drifts": still.false_drifts, "false_anomalies": still.false_anomalies, "rate": wrong as f64 / calls, "rate_upper_95": upper(wrong) / calls})
        );
        stationary.push((distribution, still));
        if let Some(folder) = &options.plots {
            std::fs::create_dir_all(folder)?;
            let name = distribution.name().replace([' ', '.', '(', ')'], "");
            std::fs::write(
                folder.join(format!("{name}.svg")),
                curves(distribution, &seeds, &nulls),
            )?;
        }
    }
    if let Some(path) = &options.json {
        std::fs::write(path, lines)?;
    }
    goals(&all, &stationary);
    Ok(())
}

/// What to ask the detector for, so that it gives false alarms at [`RATE`].
fn matching(distribution: Distribution) -> f64 {
    let mut calls = 1.0 / RATE;
    for _ in 0..2 {
        let cell = grid::cell(distribution, Change::None, MATCHING, calls);
        calls *= (cell.false_drifts as f64).max(0.5) / cell.calls as f64 / RATE;
        calls = calls.clamp(3e3, 1e7);
    }
    calls
}

fn line(
    lines: &mut String,
    detector: &str,
    of: &Measured,
    median: Option<f64>,
    q90: Option<f64>,
    cell: &Cell,
) {
    let _ = writeln!(
        lines,
        "{}",
        json!({"detector": detector, "distribution": of.distribution.name(), "change": of.change.name(), "rate": RATE, "median_delay": median, "q90_delay": q90,
            "false_drifts": cell.false_drifts, "false_anomalies": cell.false_anomalies, "kinds": cell.kinds})
    );
}

fn curves(
    distribution: Distribution,
    seeds: &std::ops::Range<u64>,
    nulls: &std::ops::Range<u64>,
) -> String {
    let change = Change::Shift(1.15);
    let rates = [1e-4, 3e-5, 1e-5, 3e-6];
    let shipped = rates.iter().filter_map(|rate| {
        let still = grid::cell(distribution, Change::None, nulls.clone(), 1.0 / rate);
        let delay = quantile(
            &grid::cell(distribution, change, seeds.clone(), 1.0 / rate).delays,
            0.5,
        )?;
        (still.false_drifts > 0).then(|| (still.false_drifts as f64 / still.calls as f64, delay))
    });
    let best = rates.iter().filter_map(|rate| {
        let limit = oracle::limit(distribution, change, MATCHING, 1.0 / rate);
        Some((
            *rate,
            quantile(
                &oracle::delays(distribution, change, seeds.clone(), limit),
                0.5,
            )?,
        ))
    });
    let page = rates.iter().filter_map(|rate| {
        let limit = rivals::page_hinkley_limit(distribution, MATCHING, 1.0 / rate);
        Some((
            *rate,
            quantile(
                &rivals::page_hinkley_delays(distribution, change, seeds.clone(), limit),
                0.5,
            )?,
        ))
    });
    let curves = [
        ("shipped", shipped.collect()),
        ("oracle", best.collect()),
        ("Page-Hinkley", page.collect()),
    ];
    plot::svg(&format!("{}, +15 %", distribution.name()), &curves)
}

/// The goals, and what was measured.
fn goals(all: &[Measured], stationary: &[(Distribution, Cell)]) {
    let is = |change: Change, of: &[f64]| matches!(change, Change::Shift(factor) if of.contains(&factor));
    let small = |change| is(change, &[1.05, 1.10, 1.15, 0.85]);
    let ratios = |wanted: &dyn Fn(Change) -> bool, delay: &dyn Fn(&Measured) -> Option<f64>| {
        let logs: Vec<f64> = all
            .iter()
            .filter(|one| wanted(one.change))
            .filter_map(|one| {
                one.oracle
                    .map(|oracle| (delay(one).unwrap_or(5_000.0) / oracle).ln())
            })
            .collect();
        (logs.iter().sum::<f64>() / logs.len() as f64).exp()
    };
    let shape = |change| matches!(change, Change::Spread | Change::Tail);
    println!("\ngoal                                                      measured");
    println!(
        "±5…15 % matched, by the oracle            <= 1.5          {:.2}",
        ratios(&small, &|one| one.matched)
    );
    println!(
        "±5…15 % shipped, by the oracle            <= 1.7          {:.2}",
        ratios(&small, &Measured::median)
    );
    println!(
        "variance, p99, by the oracle              <= 3            {:.2}",
        ratios(&shape, &Measured::median)
    );
    for one in all.iter().filter(|one| is(one.change, &[2.0])) {
        let anomaly = quantile(&one.shipped.anomalies, 0.5);
        println!(
            "x2, {:14} anomaly <= 16 (48), performance <= 40   {} / {}",
            one.distribution.name(),
            text(anomaly),
            text(one.median())
        );
    }
    for (distribution, _) in stationary {
        let (mut right, mut told) = (0, 0);
        for one in all.iter().filter(|one| one.distribution == *distribution) {
            let kind = if matches!(one.change, Change::Shift(_) | Change::Ramp) {
                "performance"
            } else {
                "pattern"
            };
            right += one.shipped.kinds.get(kind).copied().unwrap_or(0);
            told += one.shipped.kinds.values().sum::<usize>();
        }
        println!(
            "class right, {:14}               >= 98 % (95)   {:.1} % of {told}",
            distribution.name(),
            100.0 * right as f64 / f64::max(told as f64, 1.0)
        );
    }
    let wrong: usize = stationary
        .iter()
        .map(|(_, still)| still.false_drifts + still.false_anomalies)
        .sum();
    let calls: usize = stationary.iter().map(|(_, still)| still.calls).sum();
    println!(
        "false alarms a call, all                  <= 1e-5         {:.1e}, at most {:.1e} (95 %)",
        wrong as f64 / calls as f64,
        upper(wrong) / calls as f64
    );
}

pub(super) fn scenarios(options: &Options) {
    let seeds = options.from..options.from + options.seeds;
    for change in [Change::Outliers, Change::Burst] {
        let cells = Distribution::ALL
            .map(|distribution| grid::cell(distribution, change, seeds.clone(), 1.0 / RATE));
        let told =
            |of: &dyn Fn(&Cell) -> &Vec<Option<usize>>| cells.iter().flat_map(of).flatten().count();
        let streams: usize = cells.iter().map(|cell| cell.delays.len()).sum();
        println!(
            "{}: of {streams} streams {} told as anomaly, {} as drift",
            change.name(),
            told(&|cell| &cell.anomalies),
            told(&|cell| &cell.delays)
        );
    }
    let mut all = (0, 0);
    for (distribution, exact, runs) in scenarios::change_and_return(seeds.clone()) {
        println!(
            "+30 % and back, {:14} exactly two events in {exact} of {runs}",
            distribution.name()
        );
        all = (all.0 + exact, all.1 + runs);
    }
    println!(
        "+30 % and back, all: {:.1} % (goal >= 97 %)",
        100.0 * all.0 as f64 / all.1 as f64
    );
    for distribution in Distribution::ALL
        .into_iter()
        .filter(|distribution| *distribution != Distribution::Season)
    {
        let (twice, wrong_50) = scenarios::young(distribution, 50, 2.0, seeds.clone());
        let (half, wrong_200) = scenarios::young(distribution, 200, 1.5, seeds.clone());
        println!(
            "young, {:14} 50 calls, x2: {} (20); 200 calls, +50 %: {} (40); false {wrong_50:.0e}, {wrong_200:.0e} a call (1e-4)",
            distribution.name(),
            text(twice),
            text(half)
        );
    }
    let (mut quiet, mut found) = (0, 0);
    for run in 0..options.runs {
        let (events, after) = scenarios::ten_minutes(options.from + run);
        quiet += events.len();
        events
            .iter()
            .for_each(|event| println!("  false: {}", event.description));
        let once = after
            .iter()
            .filter(|event| event.tool_name == "tool_40")
            .count()
            == 1;
        found += usize::from(once);
        after
            .iter()
            .for_each(|event| println!("  {}: {}", event.drift_type, event.description));
    }
    println!(
        "ten minutes of 100 tools: {quiet} events in {} runs (goal <= 4 in 20); +15 % told once, of the right tool, in {found}",
        options.runs
    );
}

pub(super) fn week(options: &Options) {
    let (events, after) = scenarios::week(options.from);
    for event in &events {
        println!(
            "  {} {}: {}",
            event.to_json()["timestamp"],
            event.drift_type,
            event.description
        );
    }
    println!(
        "a week: {} events (goal <= 2); +15 % told after {} s (goal 120)",
        events.len(),
        text(after)
    );
}

pub(super) fn cost() {
    // Before anything else was there to be given back.
    let memory = cost::memory(1_000);
    for (tools, name) in [(1, "one tool"), (100, "100 tools")] {
        let (watching, made_up) = cost::a_call(tools);
        println!("a call of {name}: {watching:.1} ns (goal 5), and {made_up:.1} ns to make it up");
    }
    let (look, longest) = cost::pauses(10_000);
    println!("10,000 tools: a look at all {look:.2} ms, the longest call {longest:.2} ms (goal 1)");
    println!("memory: {} KiB a tool (goal 64)", text(memory));
}

/// The upper end of the exact 95 % interval, one-sided, of a count (Garwood 1936), by Wilson and
/// Hilferty's approximation of chi-square.
fn upper(count: usize) -> f64 {
    let n = count as f64 + 1.0;
    n * (1.0 - 1.0 / (9.0 * n) + 1.645 / (3.0 * n.sqrt())).powi(3)
}

fn text(delay: Option<f64>) -> String {
    delay.map_or_else(|| "-".to_owned(), |delay| format!("{delay:.0}"))
}
