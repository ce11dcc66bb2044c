use telemetry_runtime::tool;

#[tool]
struct Agent;

#[tool(nmae = "a")]
enum Choice {
    One,
}

trait Acts {
    #[tool]
    fn act(&self);
}

#[tool(skip)]
fn plain() {}

#[tool]
const LIMIT: u8 = 3;

#[tool]
use std::fmt;

fn main() {
    plain();
    let _ = (Agent, Choice::One, LIMIT, fmt::Error);
}
