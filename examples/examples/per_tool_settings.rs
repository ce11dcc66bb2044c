//! One tool treated differently from another, by the file and without recompiling.
//!
//! ```text
//! cargo run --example per_tool_settings
//! ```
//!
//! What to look for: `examples/input/per_tool_settings.yaml` beside the spans printed.
//! `search` is sent with its parameter, `rag_fetch` without; `rag_embed` is not sent at all,
//! `rag_rank` only because each of its calls is over its threshold; `heartbeat` is not even
//! counted, as the table shows.

use std::time::Duration;

use telemetry_runtime::{Error, Telemetry, statistics, tool};

#[tool]
fn search(query: &str) -> usize {
    query.len()
}

#[tool]
fn rag_fetch(query: &str) -> Vec<String> {
    query.split(' ').map(str::to_owned).collect()
}

#[tool]
fn rag_embed(text: &str) -> Vec<f32> {
    text.bytes().map(f32::from).collect()
}

#[tool]
fn rag_rank(found: &mut [String]) {
    found.sort();
}

#[tool]
fn heartbeat() {}

fn main() -> Result<(), Error> {
    let telemetry = Telemetry::builder()
        .file(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/input/per_tool_settings.yaml"
        ))
        .init()?;

    for query in ["who wrote this", "and when"] {
        search(query);
        let mut found = rag_fetch(query);
        rag_embed(query);
        rag_rank(&mut found);
        heartbeat();
    }

    telemetry.flush(Duration::from_secs(5));
    println!("\n{:<12} {:>6} {:>6}", "tool", "calls", "slow");
    for tool in statistics() {
        println!("{:<12} {:>6} {:>6}", tool.name, tool.calls, tool.slow);
    }
    Ok(())
}
