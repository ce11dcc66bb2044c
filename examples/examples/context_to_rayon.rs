//! A call whose work rayon spreads over its threads, all of it in one trace.
//!
//! ```text
//! cargo run --example context_to_rayon
//! ```
//!
//! What to look for: `thumbnail` ran on rayon's threads, and is inside `gallery` all the same: the same
//! trace id (the first of the hexadecimal numbers), thanks to `current().run`. `join` needs it for
//! the half that another thread may take; `checksum` was given nothing, so where another thread took it,
//! it began a trace of its own.

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use telemetry_runtime::{Error, Telemetry, current, tool};

#[tool]
fn gallery(pictures: &[u32]) -> u32 {
    let here = current();
    let drawn = || pictures.par_iter().map(|&it| here.run(|| thumbnail(it)));
    let (pixels, largest) = rayon::join(
        || drawn().sum::<u32>(),
        || here.run(|| largest_of(pictures)),
    );
    rayon::scope(|scope| scope.spawn(|_| checksum(pixels)));
    pixels.max(largest)
}

#[tool]
fn thumbnail(width: u32) -> u32 {
    width / 8 * 64
}

#[tool]
fn largest_of(pictures: &[u32]) -> u32 {
    pictures.iter().copied().max().unwrap_or(0)
}

#[tool]
fn checksum(pixels: u32) {
    current().set_attribute("sum", pixels % 251);
}

fn main() -> Result<(), Error> {
    let _telemetry = Telemetry::builder()
        .no_file()
        .service_name("gallery")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "none")
        .init()?;

    gallery(&[640, 800, 1024]);
    Ok(())
}
