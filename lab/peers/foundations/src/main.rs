//! foundations: `#[span_fn]`, and metrics of its own.

mod functions;

use std::net::UdpSocket;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use foundations::telemetry::settings::{
    ActiveSamplingSettings, SamplingStrategy, TelemetrySettings, TracesOutput,
};
use foundations::telemetry::{TelemetryConfig, init};
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Foundations;

impl Peer for Foundations {
    const NAME: &'static str = "foundations";
    const VERSIONS: &'static [&'static str] = &["foundations 5.11"];
    const VARIANTS: &'static [Variant] = &[
        Variant {
            name: "metrics",
            what: "span, counter, histogram; spans to an agent of Jaeger's by UDP",
        },
        Variant {
            name: "not-sampled",
            what: "the same with a sampling ratio of 0",
        },
    ];

    /// Over gRPC only.
    const OTLP: bool = false;

    fn start(variant: &str, _target: &Target) -> Self {
        // An agent that never reads: the system forgets what does not fit.
        let agent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let mut settings = TelemetrySettings::default();
        let ratio = if variant == "not-sampled" { 0.0 } else { 1.0 };
        settings.tracing.sampling_strategy = SamplingStrategy::Active(ActiveSamplingSettings {
            sampling_ratio: ratio,
            ..ActiveSamplingSettings::default()
        });
        settings.tracing.max_queue_size = NonZeroUsize::new(1_000_000);
        let TracesOutput::JaegerThriftUdp(output) = &mut settings.tracing.output;
        output.server_addr = agent.local_addr().expect("it is bound").into();
        let (ready, started) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let _agent = agent;
                let driver = init(TelemetryConfig {
                    service_info: &foundations::service_info!(),
                    settings: &settings,
                })
                .expect("right settings");
                ready.send(()).expect("somebody waits");
                let _ = driver.await;
                std::future::pending::<()>().await;
            });
        });
        started.recv().expect("it starts");
        Self
    }

    fn cases(_variant: &str) -> Vec<Case> {
        telemetry_lab_harness::cases!(functions)
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        // All count in one family, by the label that the call gives.
        (0..4).map(|_| repeated(functions::call)).collect()
    }

    /// It has no flush: its thread takes a batch of 100 in some microseconds.
    fn settle(&self) {
        thread::sleep(Duration::from_millis(10));
    }

    fn finish(self) -> Finish {
        Finish::default()
    }
}

fn main() -> ExitCode {
    program::main::<Foundations>()
}
