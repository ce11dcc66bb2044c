//! emit: `#[emit::span]`, spans encoded by the caller and sent by its own OTLP client.

mod functions;

use std::process::ExitCode;
use std::time::Duration;

use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Emit;

impl Peer for Emit {
    const NAME: &'static str = "emit";
    const VERSIONS: &'static [&'static str] = &["emit 2.23", "emit_otlp 2.23"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "span",
        what: "span only, encoded in the calling thread as emit_otlp does",
    }];

    fn start(_variant: &str, target: &Target) -> Self {
        let (Target::Forget(url) | Target::Otlp(url)) = target;
        let otlp = emit_otlp::new()
            .resource(emit::props! { #[emit::key("service.name")] service_name: "lab" })
            .traces(emit_otlp::traces_http_proto(format!("{url}/v1/traces")))
            .spawn();
        // Kept running by emit itself.
        let _ = emit::setup().emit_to(otlp).init();
        Self
    }

    fn cases(_variant: &str) -> Vec<Case> {
        telemetry_lab_harness::cases!(functions)
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        // Nothing is kept by function.
        (0..4).map(|_| repeated(functions::call)).collect()
    }

    fn settle(&self) {
        emit::blocking_flush(Duration::from_secs(10));
    }

    fn finish(self) -> Finish {
        emit::blocking_flush(Duration::from_secs(30));
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Emit>()
}
