//! A tool becomes slower because its input grows: who is told, how the change is accepted, and
//! what a report looks like.
//!
//! `cargo run --release -p telemetry-examples --example drift`

use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use telemetry_runtime::drift::{Filter, Status};
use telemetry_runtime::{Error, Telemetry, detector, tool};

/// Its duration grows with the number of its documents.
#[tool(skip_all)]
fn search(documents: &[u64], query: u64) -> usize {
    let closest = |document: &&u64| {
        let mut hasher = DefaultHasher::new();
        (**document, query).hash(&mut hasher);
        hasher.finish().leading_zeros() > 10
    };
    documents.iter().filter(closest).count()
}

/// Searches until there is a new event in this state; at most for half a minute.
fn search_until(documents: &[u64], status: Status) -> bool {
    let begun = Instant::now();
    let told = Filter {
        tool: Some("search".to_owned()),
        status: Some(status),
        since: Some(SystemTime::now()),
        ..Filter::default()
    };
    while detector().report(told.clone()).is_empty() {
        if begun.elapsed() > Duration::from_secs(30) {
            return false;
        }
        for query in 0..200 {
            black_box(search(documents, query));
        }
    }
    true
}

fn main() -> Result<(), Error> {
    let _telemetry = Telemetry::builder()
        .no_file()
        .service_name("drift-example")
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none")
        .on_drift(|event| {
            println!(
                "{} {} ({}): {}",
                event.drift_type, event.status, event.severity, event.description
            );
        })
        .init()?;

    let few: Vec<u64> = (0..2_000).collect();
    for query in 0..4_000 {
        black_box(search(&few, query));
    }
    if let Some(normal) = detector().baseline_stats("search") {
        println!(
            "normal: median {:.3} ms, p99 {:.3} ms, of {} calls",
            normal.p50_ms, normal.p99_ms, normal.samples
        );
    }

    // Half as many documents again.
    let more: Vec<u64> = (0..3_000).collect();
    if search_until(&more, Status::Drifted) {
        // It is meant to be so.
        println!("accepted: {}", detector().accept("search"));
    }

    let report = std::env::temp_dir().join("drift-example.md");
    detector().export_report(&report)?;
    println!("report: {}", report.display());
    Ok(())
}
