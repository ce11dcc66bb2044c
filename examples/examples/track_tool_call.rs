//! Tools whose names only the running program knows: `track_tool_call` in place of `#[tool]`.
//!
//! ```text
//! cargo run --example track_tool_call
//! ```
//!
//! What to look for: a line a span on standard output. `checkout` is the parent of what it
//! calls; `post_webhook` has failed, with the type and the text of its error.

use telemetry_runtime::{Error, Telemetry, track_tool_call};

fn main() -> Result<(), Error> {
    let _telemetry = Telemetry::builder()
        .no_file()
        .service_name("plugins")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "none")
        .init()?;

    // The call lasts as long as the variable.
    let checkout = track_tool_call("checkout", [("order", 1017.into())]);
    for plugin in ["compute_tax", "reserve_stock", "post_webhook"] {
        // `Err` is recorded when the plugin's call is finished with it.
        let _ = run_plugin(plugin, 1017);
    }
    checkout.set_attribute("plugins.count", 3);
    Ok(())
}

/// A plugin is found by its name, which becomes the tool's.
fn run_plugin(name: &str, order: u32) -> Result<u32, String> {
    let call = track_tool_call(name, [("order", order.into()), ("retries", 0.into())]);
    let result = match name {
        "compute_tax" => Ok(order % 19),
        "reserve_stock" => Ok(order / 100),
        other => Err(format!("no plugin is called {other}")),
    };
    if let Ok(found) = &result {
        call.set_attribute("result.value", *found);
    }
    call.finish(result)
}
