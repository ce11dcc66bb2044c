//! Log lines: one a call, and the program's own, each with its trace.
//!
//! ```text
//! cargo run --example logs
//! RUST_LOG=debug cargo run --example logs
//! ```
//!
//! What to look for: the lines that `tracing` writes inside `checkout` have the same first digits of
//! a trace id as the line of the call itself; `card_token` is masked; the failure is an ERROR.

use std::time::Duration;

use telemetry_runtime::{Error, Telemetry, tool};

#[tool]
fn checkout(order: u32) -> Result<u32, String> {
    tracing::debug!(order, "looked up");
    tracing::info!(order, card_token = "4242", "paying");
    if order == 13 {
        return Err("the card was declined".to_owned());
    }
    Ok(order)
}

fn main() -> Result<(), Error> {
    let telemetry = Telemetry::builder()
        .no_file()
        .service_name("shop")
        .set("logs_exporter", "console")
        .init()?;
    for order in 11..14 {
        // A failure is on its line; there is nothing more to do about it here.
        let _ = checkout(order);
    }
    log::warn!("libraries that use `log` are heard too");
    telemetry.shutdown(Duration::from_secs(5));
    Ok(())
}
