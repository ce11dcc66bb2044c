//! How a call can end: success, error, panic, cancelled; and which of them are sent when
//! almost nothing is sampled.
//!
//! ```text
//! cargo run --example errors_and_outcomes
//! ```
//!
//! What to look for: `traces_sample_rate` is 0, yet the calls that failed are printed as spans,
//! since `traces_keep` asks for them. The table below counts all calls, sampled or not: the
//! cancelled one is no error, and an `Option` without a value is none either.

use std::future::pending;
use std::num::ParseIntError;
use std::panic::{self, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use telemetry_runtime::{Error, Telemetry, current, statistics, tool};

/// An `Err` is an error: its type is `error.type`, its text `error.message`.
#[tool]
fn parse_port(text: &str) -> Result<u16, ParseIntError> {
    text.parse()
}

/// `None` is an answer like any other.
#[tool]
fn find_port(name: &str) -> Option<u16> {
    [("http", 80), ("https", 443)]
        .into_iter()
        .find_map(|(known, port)| (known == name).then_some(port))
}

/// What cannot be seen in what a function gives, it can say.
#[tool]
fn port_or_default(name: &str) -> u16 {
    find_port(name).unwrap_or_else(|| {
        current().record_error(&format!("{name} is not known"));
        8080
    })
}

/// The panic goes on as if there were no telemetry, and its text stays the panic hook's.
#[tool]
fn third_letter(text: &str) -> char {
    text.chars().nth(2).expect("three letters")
}

/// Somebody stops waiting for it: the future is dropped before it is ready.
#[tool]
async fn wait_for_server(port: u16) -> bool {
    pending::<u16>().await == port
}

fn main() -> Result<(), Error> {
    let telemetry = Telemetry::builder()
        .no_file()
        .service_name("outcomes")
        .set("traces_exporter", "console")
        .set("traces_sample_rate", 0.0)
        .set("traces_keep", vec!["error"])
        .set("metrics_exporter", "none")
        .init()?;

    for text in ["80", "eighty", "443", "80000"] {
        let _ = parse_port(text);
    }
    for name in ["http", "gopher"] {
        find_port(name);
        port_or_default(name);
    }
    panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    for text in ["abc", "ab"] {
        let _ = catch_unwind(|| third_letter(text));
    }
    give_up(wait_for_server(80));

    telemetry.flush(Duration::from_secs(5));
    print_outcomes();
    Ok(())
}

/// Begins to wait, and stops.
fn give_up(future: impl Future) {
    let is_ready = pin!(future)
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready();
    assert!(!is_ready, "nothing ever answers");
}

fn print_outcomes() {
    println!(
        "\n{:<16} {:>6} {:>7} {:>10}",
        "tool", "calls", "errors", "cancelled"
    );
    for tool in statistics() {
        println!(
            "{:<16} {:>6} {:>7} {:>10}",
            tool.name, tool.calls, tool.errors, tool.cancelled
        );
    }
}
