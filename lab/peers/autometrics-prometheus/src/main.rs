//! autometrics with the `prometheus` crate: metrics only, pulled.

mod functions;

use std::process::ExitCode;

use autometrics::prometheus_exporter;
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
        prometheus_exporter::init();
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
        // `function_calls_total{…} 1234`
        let page = prometheus_exporter::encode_to_string().unwrap_or_default();
        let counts = page
            .lines()
            .filter(|line| line.starts_with("function_calls_total{"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Finish {
            spans_dropped: None,
            calls_counted: Some(counts.sum::<f64>() as u64),
        }
    }
}

fn main() -> ExitCode {
    program::main::<Autometrics>()
}
