//! logfire: `tracing`'s spans, its own layer, OpenTelemetry's SDK below.

mod functions;

use std::process::ExitCode;

use logfire::Logfire;
use logfire::config::AdvancedOptions;
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Peered(Logfire);

impl Peer for Peered {
    const NAME: &'static str = "logfire";
    const VERSIONS: &'static [&'static str] = &["logfire 0.13", "opentelemetry_sdk 0.32"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "span",
        what: "#[tracing::instrument] below logfire's layer, no console",
    }];

    fn start(_variant: &str, target: &Target) -> Self {
        let (Target::Forget(url) | Target::Otlp(url)) = target;
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("once a process");
        let logfire = logfire::configure()
            .with_install_panic_handler(false)
            .with_token("lab")
            .with_service_name("lab")
            .with_console(None)
            .with_advanced_options(AdvancedOptions::default().with_base_url(url))
            .finish()
            .expect("a right configuration");
        Self(logfire)
    }

    fn cases(_variant: &str) -> Vec<Case> {
        telemetry_lab_harness::cases!(functions)
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        // Nothing is kept by function.
        (0..4).map(|_| repeated(functions::call)).collect()
    }

    fn settle(&self) {
        let _ = self.0.force_flush();
    }

    fn finish(self) -> Finish {
        let _ = self.0.shutdown();
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Peered>()
}
