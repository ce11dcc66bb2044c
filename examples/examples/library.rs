//! A program that wants to know what a library does, which only annotates.
//!
//! ```text
//! cargo run -p telemetry-examples --example library
//! cargo run -p telemetry-example-library --example indifferent
//! ```
//!
//! What to look for: `examples/library/` depends on `telemetry-runtime` with
//! `default-features = false`, and its functions have `#[tool]` on them. This program turns
//! features on and calls `init`: the library's functions are tools. The second command runs a
//! program that does neither, and pays nothing.

use std::time::Duration;

use telemetry_runtime::{Error, Telemetry, statistics, tool};
use word_counts::{most_common, words};

#[tool]
fn summarise(text: &str) -> String {
    most_common(text).unwrap_or_else(|| "nothing".to_owned())
}

fn main() -> Result<(), Error> {
    let telemetry = Telemetry::builder()
        .no_file()
        .service_name("reader")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "none")
        .init()?;

    let text = "the cat, the dog and the tree";
    println!(
        "{} words, most often: {}\n",
        words(text).len(),
        summarise(text)
    );

    telemetry.flush(Duration::from_secs(5));
    println!();
    for tool in statistics() {
        println!("{:<12} {} calls", tool.name, tool.calls);
    }
    Ok(())
}
