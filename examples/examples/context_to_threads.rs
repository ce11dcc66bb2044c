//! A call that hands work to other threads and keeps it in its trace.
//!
//! ```text
//! cargo run --example context_to_threads
//! ```
//!
//! What to look for: one trace id (the first of the hexadecimal numbers) on all lines but one.
//! `count_words` ran on threads of its own, inside `count_all` thanks to `current().run`;
//! `announce` is a future that another thread polled, there thanks to `current().wrap`.
//! `tidy_up` was given neither: it began a trace of its own.

use std::thread;

use telemetry_runtime::{Error, Telemetry, current, tool};

#[tool]
fn count_all(texts: &[&str]) -> usize {
    let here = current();
    let words = thread::scope(|scope| {
        let threads: Vec<_> = texts
            .iter()
            .map(|text| {
                let here = here.clone();
                scope.spawn(move || here.run(|| count_words(text)))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(0))
            .sum()
    });

    // A future forgets where it was made: `wrap` reminds it at each poll.
    let announcing = here.wrap(announce(words));
    let poller = thread::spawn(move || pollster::block_on(announcing));
    let tidier = thread::spawn(tidy_up);
    for thread in [poller, tidier] {
        let _ = thread.join();
    }
    words
}

#[tool]
fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[tool]
async fn announce(words: usize) {
    current().set_attribute("announced", words > 0);
}

#[tool]
fn tidy_up() {}

fn main() -> Result<(), Error> {
    let _telemetry = Telemetry::builder()
        .no_file()
        .service_name("threads")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "none")
        .init()?;

    count_all(&["one two three", "four five", "six"]);
    Ok(())
}
