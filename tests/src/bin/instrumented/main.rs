//! Programs that the tests in `backends/` start, one a subcommand: instrumented and
//! configured as a user's would be. Each prints what it did as a line of JSON.

mod agent;
mod brief;
mod drifting;
mod fleet;
mod lines;
mod million;
mod tree;

fn main() -> Result<(), telemetry_runtime::Error> {
    let telemetry = telemetry_runtime::init()?;
    match std::env::args().nth(1).as_deref() {
        Some("agent") => agent::run(&telemetry),
        Some("brief") => brief::run(),
        Some("drifting") => drifting::run(&telemetry),
        Some("fleet") => fleet::run(&telemetry),
        Some("lines") => lines::run(telemetry),
        Some("million") => million::run(telemetry),
        Some("tree") => tree::run(),
        other => panic!("agent, brief, drifting, fleet, lines, million or tree; not {other:?}"),
    }
    Ok(())
}
