use telemetry_runtime::tool;

#[tool]
struct Agent;

#[tool(nmae = "a")]
enum Choice {
    One,
}

#[tool]
impl Agent {
    fn act(&self) {}
}

#[tool]
trait Acts {
    #[tool]
    fn act(&self);
}

#[tool]
mod inside {}

#[tool]
const LIMIT: u8 = 3;

#[tool]
use std::fmt;

fn main() {
    Agent.act();
    let _ = (Choice::One, LIMIT, fmt::Error);
}
