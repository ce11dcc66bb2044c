use std::future::{Ready, ready};
use telemetry_runtime::tool;

#[tool(future)]
fn of_its_own_type() -> Ready<u8> {
    ready(1)
}

#[tool(future = true, future)]
async fn is_one_anyway() {}

#[tool(future = 3)]
fn no_switch() {}

fn main() {
    let _ = (of_its_own_type(), is_one_anyway());
    no_switch();
}
