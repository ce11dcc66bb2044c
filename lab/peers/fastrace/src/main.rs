//! fastrace: spans only.

mod functions;

use std::borrow::Cow;
use std::process::ExitCode;

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::Finish;
use telemetry_lab_harness::work::{self, caught, drive, some_text};
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};

struct Fastrace;

impl Peer for Fastrace {
    const NAME: &'static str = "fastrace";
    const VERSIONS: &'static [&'static str] = &["fastrace 0.7", "fastrace-opentelemetry 0.19"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "span",
        what: "span only: `call` is a root, `child of a call` what #[trace] makes below one",
    }];

    fn start(_variant: &str, target: &Target) -> Self {
        match target {
            Target::Forget(_) => fastrace::set_reporter(Forget, Config::default()),
            Target::Otlp(url) => {
                let exporter = SpanExporter::builder()
                    .with_http()
                    .with_endpoint(format!("{url}/v1/traces"))
                    .build()
                    .expect("a right address");
                let resource = Resource::builder().with_service_name("lab").build();
                let scope = InstrumentationScope::builder("lab").build();
                let reporter = OpenTelemetryReporter::new(exporter, Cow::Owned(resource), scope);
                fastrace::set_reporter(reporter, Config::default());
            }
        }
        Self
    }

    fn cases(_variant: &str) -> Vec<Case> {
        vec![
            Case::new("call", functions::root, work::call),
            within("child of a call", functions::call, work::call),
            within(
                "two numbers, child",
                |number| functions::numbers(number, 1.5),
                |number| work::numbers(number, 1.5),
            ),
            within(
                "a text, child",
                |_| functions::text(some_text()),
                |_| work::text(some_text()),
            ),
            within(
                "panic, child",
                |number| caught(|| functions::panics(number)),
                |number| caught(|| work::panics(number)),
            ),
            within(
                "async, ready, child",
                |number| drive(functions::ready(number)),
                |number| drive(work::ready(number)),
            ),
            within(
                "async, 1 pending, child",
                |number| drive(functions::waits(number, 1)),
                |number| drive(work::waits(number, 1)),
            ),
            within(
                "async, 10 pending, child",
                |number| drive(functions::waits(number, 10)),
                |number| drive(work::waits(number, 10)),
            ),
            Case::new("not sampled", functions::not_sampled, work::call),
            Case::new("no trace", functions::call, work::call),
        ]
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        // Nothing is kept by function.
        (0..4).map(|_| repeated(functions::root)).collect()
    }

    fn settle(&self) {
        fastrace::flush();
    }

    fn finish(self) -> Finish {
        fastrace::flush();
        Finish::default()
    }
}

/// Below a root, as fastrace is meant to be used.
fn within<A, B>(
    name: &'static str,
    with: impl Fn(u64) -> A + Send + Sync + 'static,
    bare: impl Fn(u64) -> B + Send + Sync + 'static,
) -> Case {
    Case::within(name, |calls| functions::parent(calls), with, bare)
}

struct Forget;

impl Reporter for Forget {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        drop(spans);
    }
}

fn main() -> ExitCode {
    program::main::<Fastrace>()
}
