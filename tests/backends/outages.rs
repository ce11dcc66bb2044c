//! Loki is away for a while, and 1,000 calls a second leave a line each.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Binaries, Line, Loki, LokiOptions, Program, eventually};

/// How long it is away, in ms: `TELEMETRY_OUTAGE_MS=120000` for two minutes.
fn outage() -> u64 {
    let said = std::env::var("TELEMETRY_OUTAGE_MS").ok();
    said.map_or(5_000, |text| text.parse().expect("milliseconds"))
}

#[test]
fn with_a_spill_file_none_is_lost() {
    let Some(binaries) = Binaries::find("outages::with_a_spill_file_none_is_lost") else {
        return;
    };
    let mut loki = Loki::start(binaries);
    let mut program = program(
        &loki,
        &[
            ("logs_overflow", "spill"),
            ("logs_queue_max_bytes", "65536"),
        ],
    );
    let lines = around_an_outage(binaries, &mut loki, &mut program);
    assert_eq!(numbers(&loki, lines), (0..lines).collect::<Vec<_>>());
    let said = program.end();
    assert_eq!(
        (&said["delivered"], &said["dropped"]),
        (&lines.into(), &0.into()),
        "{said}"
    );
}

/// The process ends while Loki is away; the next one, in the same place, sends what it left.
#[test]
fn with_a_spill_file_the_next_process_sends_what_was_left() {
    let Some(binaries) = Binaries::find("outages::the_next_process_sends_what_was_left") else {
        return;
    };
    let mut loki = Loki::chosen(LokiOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spill").display().to_string();
    let settings = [
        ("logs_overflow", "spill"),
        ("logs_spill_file", file.as_str()),
    ];
    let mut first = program(&loki, &settings);
    let lines = first.ask("steady 3000")["lines"].as_u64().unwrap();
    let said = first.end();
    assert_eq!(
        (&said["waiting"], &said["dropped"]),
        (&lines.into(), &0.into()),
        "{said}"
    );
    assert!(Path::new(&format!("{file}.loki")).exists());

    loki.begin(binaries);
    let mut second = program(&loki, &settings);
    assert_eq!(second.ask("flush 30000")["delivered"], true);
    assert_eq!(second.end()["delivered"], lines);
    assert_eq!(numbers(&loki, lines), (0..lines).collect::<Vec<_>>());
}

#[test]
fn with_drop_oldest_the_newest_arrive_and_the_lost_are_counted() {
    let Some(binaries) = Binaries::find("outages::with_drop_oldest_the_newest_arrive") else {
        return;
    };
    let mut loki = Loki::start(binaries);
    let queue = [
        ("logs_overflow", "drop_oldest"),
        ("logs_queue_max_bytes", "65536"),
    ];
    let mut program = program(&loki, &queue);
    let lines = around_an_outage(binaries, &mut loki, &mut program);
    let said = program.end();
    println!("{said}");
    let (delivered, dropped) = (count(&said, "delivered"), count(&said, "dropped"));
    assert_eq!(
        (delivered + dropped, count(&said, "waiting")),
        (lines, 0),
        "{said}"
    );
    let arrived = numbers(&loki, delivered);
    assert!(dropped > 0 && arrived.is_sorted(), "{arrived:?}");
    // A batch that is being sent is not dropped, so that there may be one older than some that are.
    assert!(
        arrived.ends_with(&(lines - 1_000..lines).collect::<Vec<_>>()),
        "the newest"
    );
}

/// Gives how many lines were written.
fn around_an_outage(binaries: &Binaries, loki: &mut Loki, program: &mut Program) -> u64 {
    program.ask("steady 1000");
    assert_eq!(program.ask("flush 30000")["delivered"], true);
    loki.stop();
    program.ask(&format!("steady {}", outage()));
    println!("away: {}", program.ask("health 0"));
    loki.begin(binaries);
    let told = program.ask("steady 1000");
    let lines = count(&told, "lines");
    let health = eventually("what waited is delivered", || {
        // A retry that waits is made at once.
        program.ask("flush 30000");
        let health = program.ask("health 0");
        match count(&health, "delivered") + count(&health, "dropped") {
            known if known == lines => Ok(health),
            _ => Err(health.to_string()),
        }
    });
    println!("back: {health}");
    lines
}

fn program(loki: &Loki, settings: &[(&str, &str)]) -> Program {
    let url = loki.push_url();
    let mut all = vec![
        ("service_name", "steady"),
        ("logs_exporter", "loki"),
        ("loki_url", url.as_str()),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("log_calls_per_second", "1000000"),
    ];
    all.extend(settings);
    Program::start("lines", &all)
}

/// The numbers of the lines in Loki, in its order, once so many are there.
fn numbers(loki: &Loki, lines: u64) -> Vec<u64> {
    const ALL: &str = "{application=\"steady\"}";
    eventually("all lines are there", || match loki.count(ALL)? {
        count if count >= lines => Ok(()),
        count => Err(format!("{count} of {lines}")),
    });
    let all = loki.lines(ALL).unwrap();
    all.iter()
        .map(Line::json)
        .map(|line| count(&line, "tool.param.number"))
        .collect()
}

fn count(said: &Value, what: &str) -> u64 {
    said[what]
        .as_u64()
        .unwrap_or_else(|| panic!("{what} in {said}"))
}
