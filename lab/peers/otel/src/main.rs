//! OpenTelemetry's SDK, called by hand around each function.

mod by_hand;
mod forget;
mod functions;

use std::process::ExitCode;
use std::time::Duration;

use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::work;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

use crate::by_hand::{ByHand, Metrics};
use crate::forget::Forget;

struct Otel {
    traces: SdkTracerProvider,
    not_sampled: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Peer for Otel {
    const NAME: &'static str = "otel";
    const VERSIONS: &'static [&'static str] = &[
        "opentelemetry 0.33",
        "opentelemetry_sdk 0.33",
        "opentelemetry-otlp 0.33, reqwest's blocking client",
    ];
    const VARIANTS: &'static [Variant] = &[
        Variant {
            name: "metrics",
            what: "span in the context, counter, histogram; the batch processor",
        },
        Variant {
            name: "alike",
            what: "the same, and the span has the attributes that ours has",
        },
        Variant {
            name: "bound",
            what: "span in the context, counter and histogram bound to their attributes",
        },
        Variant {
            name: "span",
            what: "span in the context",
        },
        Variant {
            name: "metrics-only",
            what: "counter, histogram",
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
                    metrics.with_reader(
                        PeriodicReader::builder(points)
                            .with_interval(Duration::from_secs(30))
                            .build(),
                    ),
                )
            }
        };
        let peer = Self {
            traces: traces.build(),
            not_sampled: SdkTracerProvider::builder()
                .with_sampler(Sampler::AlwaysOff)
                .with_batch_exporter(Forget)
                .build(),
            metrics: metrics.build(),
        };
        let metrics = match variant {
            "span" => Metrics::None,
            "bound" => Metrics::bound(&peer.metrics),
            _ => Metrics::named(&peer.metrics),
        };
        let spans = variant != "metrics-only";
        ByHand {
            tracer: spans.then(|| by_hand::tracer(&peer.traces)),
            not_sampled: by_hand::tracer(&peer.not_sampled),
            metrics,
            attributes: variant == "alike",
        }
        .install();
        peer
    }

    fn cases(variant: &str) -> Vec<Case> {
        let mut cases = telemetry_lab_harness::cases!(functions);
        if variant != "metrics-only" {
            cases.push(Case::new("not sampled", functions::unsampled, work::call));
        }
        cases
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
        let _ = self.not_sampled.shutdown();
        let _ = self.metrics.shutdown();
        // The batch processor counts what it drops, and logs that only.
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Otel>()
}
