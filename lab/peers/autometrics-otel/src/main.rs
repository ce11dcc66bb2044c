//! autometrics with OpenTelemetry's SDK: metrics only.

mod functions;

use std::process::ExitCode;

use opentelemetry::global;
use opentelemetry_otlp::{MetricExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Autometrics(SdkMeterProvider);

impl Peer for Autometrics {
    const NAME: &'static str = "autometrics-otel";
    const VERSIONS: &'static [&'static str] = &["autometrics 3.0", "opentelemetry_sdk 0.30"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "metrics",
        what: "metrics only",
    }];

    fn start(_variant: &str, target: &Target) -> Self {
        let (Target::Forget(url) | Target::Otlp(url)) = target;
        let exporter = MetricExporter::builder()
            .with_http()
            .with_endpoint(format!("{url}/v1/metrics"))
            .build()
            .expect("a right address");
        let provider = SdkMeterProvider::builder()
            .with_resource(Resource::builder().with_service_name("lab").build())
            .with_periodic_exporter(exporter)
            .build();
        global::set_meter_provider(provider.clone());
        Self(provider)
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
        let _ = self.0.shutdown();
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Autometrics>()
}
