//! This project with all features off: the functions are to be what they were.

#[path = "../../../src/ours/tools.rs"]
mod tools;

use std::process::ExitCode;

use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program, work};

struct Off;

impl Peer for Off {
    const NAME: &'static str = "off";
    const VERSIONS: &'static [&'static str] = &["telemetry-runtime 0.1, no features"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "off",
        what: "annotated, compiled without any feature",
    }];

    fn start(_variant: &str, _target: &Target) -> Self {
        Self
    }

    fn cases(_variant: &str) -> Vec<Case> {
        let mut cases = telemetry_lab_harness::cases!(tools);
        cases.push(Case::new("not sampled", tools::not_sampled, work::call));
        cases
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        vec![
            repeated(tools::apart_0),
            repeated(tools::apart_1),
            repeated(tools::apart_2),
            repeated(tools::apart_3),
        ]
    }

    fn settle(&self) {}

    fn finish(self) -> Finish {
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Off>()
}
