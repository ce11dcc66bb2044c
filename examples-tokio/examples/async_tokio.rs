//! Async tools on tokio's threads.
//!
//! ```text
//! cargo run -p telemetry-examples-tokio --example async_tokio
//! ```
//!
//! What to look for: `handle_request` calls `look_up` three times side by side, in tasks that
//! tokio may run on any of its threads: one trace, `look_up` inside `handle_request`. The time
//! of a call is from its first poll to its end, waiting included. `slow_backend` is given up
//! by `timeout`, which drops it: cancelled, which is neither an error nor a success.

use std::time::Duration;

use telemetry_runtime::{Error, Telemetry, current, statistics, tool};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tool]
async fn handle_request(user: &str) -> usize {
    let mut tasks = JoinSet::new();
    for table in ["orders", "invoices", "letters"] {
        // Without `wrap` a task would begin a trace of its own.
        tasks.spawn(current().wrap(look_up(table, user.len())));
    }
    let found: usize = tasks.join_all().await.into_iter().sum();

    let answered = timeout(Duration::from_millis(20), slow_backend()).await;
    current()
        .set_attribute("rows.count", found)
        .set_attribute("backend.answered", answered.is_ok());
    found
}

#[tool]
async fn look_up(table: &'static str, user: usize) -> usize {
    // A database would take its time here.
    sleep(Duration::from_millis(5)).await;
    table.len() * user
}

#[tool]
async fn slow_backend() {
    sleep(Duration::from_secs(3600)).await;
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Telemetry has threads of its own: it needs no runtime, and may live inside one.
    let telemetry = Telemetry::builder()
        .no_file()
        .service_name("requests")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "none")
        .init()?;

    let (ada, bob) = tokio::join!(handle_request("ada"), handle_request("bob"));
    println!("rows: {ada}, {bob}\n");

    // Waits: for a server that is far away, ask `tokio::task::spawn_blocking` to do it.
    telemetry.flush(Duration::from_secs(5));
    println!("\n{:<15} {:>6} {:>10}", "tool", "calls", "cancelled");
    for tool in statistics() {
        println!("{:<15} {:>6} {:>10}", tool.name, tool.calls, tool.cancelled);
    }
    Ok(())
}
