//! This project as one of those that are measured.

pub(crate) mod tools;

use std::time::Duration;

use telemetry_lab_harness::case::{Calls, repeated};
use telemetry_lab_harness::peer::{EndLines, Finish, Lines};
use telemetry_lab_harness::work::{self, LINE, LINE_INSIDE};
use telemetry_lab_harness::{Case, Peer, Target, Variant};
use telemetry_runtime::{Builder, Telemetry, statistics};

/// Telemetry, running.
pub(crate) struct Ours {
    telemetry: Telemetry,
    /// Lines are written, and wait to be sent.
    logs: bool,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Peer for Ours {
    const NAME: &'static str = "ours";
    const VERSIONS: &'static [&'static str] =
        &[concat!("telemetry-runtime ", env!("CARGO_PKG_VERSION"))];
    const VARIANTS: &'static [Variant] = &[
        Variant {
            name: "recorded",
            what: "span, metrics, drift; no call logs, OpenTelemetry's context not set",
        },
        Variant {
            name: "default",
            what: "span, metrics, drift; no call logs, OpenTelemetry's context set",
        },
        Variant {
            name: "logs",
            what: "the same and call logs, 100 lines a second of a tool at most, as by default",
        },
        Variant {
            name: "span",
            what: "span only",
        },
        Variant {
            name: "metrics",
            what: "metrics only",
        },
    ];

    const LINES: Option<Lines> = Some(Lines {
        start: start_lines,
        write: |thread, number, text| tracing::info!(thread, number, "{text}"),
    });

    fn start(variant: &str, target: &Target) -> Self {
        let (Target::Forget(url) | Target::Otlp(url)) = target;
        let builder = Telemetry::builder().no_file().otlp(url);
        let telemetry = set(builder, variant, url).init();
        Self {
            telemetry: telemetry.expect("a right configuration"),
            logs: variant == "logs",
        }
    }

    fn cases(variant: &str) -> Vec<Case> {
        let mut cases = telemetry_lab_harness::cases!(tools);
        if variant != "metrics" {
            cases.push(Case::new("not sampled", tools::not_sampled, work::call));
        }
        if variant == "logs" {
            cases.push(Case::new(LINE, line, work::line));
            let inside = |calls: &dyn Fn()| tools::parent(calls);
            cases.push(Case::within(LINE_INSIDE, inside, line, work::line));
        }
        cases
    }

    fn cases_before_start(_variant: &str) -> Vec<Case> {
        vec![Case::new("before init", tools::call, work::call)]
    }

    fn apart(_variant: &str) -> Vec<Calls> {
        vec![
            repeated(tools::apart_0),
            repeated(tools::apart_1),
            repeated(tools::apart_2),
            repeated(tools::apart_3),
        ]
    }

    fn settle(&self) {
        if self.logs {
            self.telemetry.flush(PATIENCE);
        }
        // Waits for the collector to have taken everything in.
        drop(statistics());
    }

    fn settings(&self) -> Vec<String> {
        let all = self.telemetry.effective_config();
        all.lines().map(str::to_owned).collect()
    }

    fn finish(self) -> Finish {
        let calls = statistics().iter().map(|tool| tool.calls).sum();
        let report = self.telemetry.shutdown(PATIENCE);
        Finish {
            spans_dropped: Some(report.traces.dropped),
            calls_counted: Some(calls),
        }
    }
}

fn start_lines(url: &str) -> EndLines {
    let telemetry = Telemetry::builder()
        .no_file()
        .set("service_name", "lab")
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none")
        .set("drift_detection_enabled", false)
        .set("logs_exporter", "loki")
        .set("loki_url", url)
        .init()
        .expect("a right configuration");
    Box::new(move || Some(telemetry.shutdown(4 * PATIENCE).logs.dropped))
}

fn set(builder: Builder, variant: &str, url: &str) -> Builder {
    let builder = builder
        .set("service_name", "lab")
        .set("loki_enabled", false);
    match variant {
        "recorded" => builder.set("otel_context", false).set("log_calls", "none"),
        "logs" => builder
            .set("logs_exporter", "otlp")
            .set("logs_endpoint", format!("{url}/v1/logs")),
        "span" => builder
            .set("otel_context", false)
            .set("log_calls", "none")
            .set("metrics_enabled", false)
            .set("drift_detection_enabled", false),
        "metrics" => builder
            .set("log_calls", "none")
            .set("traces_enabled", false)
            .set("drift_detection_enabled", false),
        _ => builder.set("log_calls", "none"),
    }
}

/// Three fields of three types and a message.
#[inline(never)]
fn line(number: u64) {
    tracing::info!(number, ratio = 0.5, place = "the third shelf", "found it");
}
