//! A process whose one tool is watched for drift. Told `work N` on standard input it calls it N
//! times, and says what became of the store.

use std::hint::black_box;
use std::io::stdin;

use serde_json::json;
use telemetry_runtime::{Telemetry, tool};

pub(crate) fn run(telemetry: &Telemetry) {
    for line in stdin().lines().map_while(Result::ok) {
        let calls = line
            .strip_prefix("work ")
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("work N, not {line}"));
        for number in 0..calls {
            steady(number);
        }
        let store = telemetry.health().store.unwrap_or_default();
        println!(
            "{}",
            json!({ "store": {
                "loaded": store.loaded, "failures": store.failures, "dropped": store.events_dropped,
                "last_error": store.last_error.map(|error| error.text),
            } })
        );
    }
}

#[tool]
fn steady(number: u64) -> u64 {
    (0..2000).fold(number, |sum, next| {
        black_box(sum.wrapping_mul(31).wrapping_add(next))
    })
}
