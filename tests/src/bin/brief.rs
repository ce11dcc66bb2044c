//! Makes three calls and ends at once.
//!
//! Usage: `brief HOW URL`, URL being an OTLP/HTTP server.

use std::process;
use std::time::Duration;

use telemetry_runtime::{Telemetry, track_tool_call};

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: brief HOW URL");
    let (how, url) = (next()?, next()?);
    let builder = Telemetry::builder().no_file().otlp(url);
    // By the clock nothing is sent before the end.
    let builder = builder.set("traces_batch_delay_ms", 600_000);
    let telemetry = builder.init().map_err(|error| error.to_string())?;
    for name in ["first", "second", "third"] {
        drop(track_tool_call(name, ()));
    }
    let patience = Duration::from_secs(60);
    match &*how {
        "returns" => Ok(()),
        "fails" => Err("on purpose".to_owned()),
        "panics" => panic!("on purpose"),
        "exits" => process::exit(3),
        "aborts" => process::abort(),
        "flushes and exits" => {
            telemetry.flush(patience);
            process::exit(3)
        }
        "shuts down and exits" => {
            telemetry.shutdown(patience);
            process::exit(3)
        }
        how => Err(format!("{how}: no way to end")),
    }
}
