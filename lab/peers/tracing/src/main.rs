//! `#[tracing::instrument]` with tracing-opentelemetry, and metrics by OpenTelemetry's SDK.

#[path = "../../otel/src/forget.rs"]
mod forget;
mod functions;
mod metrics;

use std::process::ExitCode;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::forget::Forget;

struct Tracing {
    traces: SdkTracerProvider,
    metrics: Option<SdkMeterProvider>,
}

impl Peer for Tracing {
    const NAME: &'static str = "tracing";
    const VERSIONS: &'static [&'static str] = &[
        "tracing 0.1",
        "tracing-opentelemetry 0.34",
        "opentelemetry_sdk 0.33",
    ];
    const VARIANTS: &'static [Variant] = &[
        Variant {
            name: "metrics",
            what: "#[instrument], its layer as it comes, and a counter and a histogram of the SDK",
        },
        Variant {
            name: "span",
            what: "#[instrument], its layer as it comes",
        },
        Variant {
            name: "not-sampled",
            what: "the same with a sampler that says no, and a counter and a histogram",
        },
    ];

    fn start(variant: &str, target: &Target) -> Self {
        let resource = Resource::builder().with_service_name("lab").build();
        let traces = SdkTracerProvider::builder().with_resource(resource.clone());
        let metrics = SdkMeterProvider::builder().with_resource(resource);
        let (traces, metrics) = match target {
            Target::Forget(_) => (
                traces.with_batch_exporter(Forget),
                metrics.with_reader(PeriodicReader::builder(Forget).build()),
            ),
            Target::Otlp(url) => {
                let spans = SpanExporter::builder()
                    .with_http()
                    .with_endpoint(format!("{url}/v1/traces"))
                    .build()
                    .expect("a right address");
                let points = MetricExporter::builder()
                    .with_http()
                    .with_endpoint(format!("{url}/v1/metrics"))
                    .build()
                    .expect("a right address");
                (
                    traces.with_batch_exporter(spans),
                    metrics.with_periodic_exporter(points),
                )
            }
        };
        let traces = match variant {
            "not-sampled" => traces.with_sampler(Sampler::AlwaysOff).build(),
            _ => traces.build(),
        };
        let metrics = (variant != "span").then(|| metrics.build());
        if let Some(metrics) = &metrics {
            metrics::install(metrics);
        }
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("lab"));
        tracing_subscriber::registry().with(layer).init();
        Self { traces, metrics }
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

    fn settle(&self) {
        let _ = self.traces.force_flush();
    }

    fn finish(self) -> Finish {
        let _ = self.traces.shutdown();
        if let Some(metrics) = &self.metrics {
            let _ = metrics.shutdown();
        }
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Tracing>()
}
