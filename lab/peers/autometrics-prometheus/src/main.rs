//! autometrics with the `prometheus` crate: metrics only, pulled.

// The same crate, whoever takes its figures.
#[path = "../../autometrics-otel/src/functions.rs"]
mod functions;

use std::process::ExitCode;

use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Autometrics;

impl Peer for Autometrics {
    const NAME: &'static str = "autometrics-prometheus";
    const VERSIONS: &'static [&'static str] = &["autometrics 3.0", "prometheus 0.14"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "metrics",
        what: "metrics only, kept for a scrape: nothing is sent",
    }];

    fn start(_variant: &str, _target: &Target) -> Self {
        // The registry is the `prometheus` crate's own, from the first call on.
        Self
    }

    fn cases(_variant: &str) -> Vec<Case> {
        telemetry_lab_harness::cases!(functions)
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        vec![
            repeated(functions::apart_0),
            repeated(functions::apart_1),
            repeated(functions::apart_2),
            repeated(functions::apart_3),
        ]
    }

    /// There are no queues.
    fn settle(&self) {}

    fn finish(self) -> Finish {
        let families = prometheus::gather().into_iter();
        let calls = families.filter(|family| family.name() == "function_calls_total");
        let counts = calls.flat_map(|family| {
            let metrics = family.get_metric().iter();
            metrics
                .map(|metric| metric.get_counter().get_value())
                .collect::<Vec<_>>()
        });
        Finish {
            spans_dropped: None,
            calls_counted: Some(counts.sum::<f64>() as u64),
        }
    }
}

fn main() -> ExitCode {
    program::main::<Autometrics>()
}
