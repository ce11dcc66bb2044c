//! A counter and a histogram beside the span, where they are wanted.

use std::sync::OnceLock;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;

static METRICS: OnceLock<Metrics> = OnceLock::new();

struct Metrics {
    calls: Counter<u64>,
    errors: Counter<u64>,
    duration: Histogram<f64>,
}

pub fn install(provider: &SdkMeterProvider) {
    let meter = provider.meter("lab");
    let metrics = Metrics {
        calls: meter.u64_counter("tool.calls").build(),
        errors: meter.u64_counter("tool.errors").build(),
        duration: meter.f64_histogram("tool.duration").with_unit("ms").build(),
    };
    assert!(METRICS.set(metrics).is_ok(), "once a process");
}

/// A call that begins now, if it is counted.
#[inline]
pub fn begin() -> Option<Instant> {
    METRICS.get().map(|_| Instant::now())
}

#[inline]
pub fn end(name: &'static str, start: Option<Instant>, failed: bool) {
    let Some((start, metrics)) = start.zip(METRICS.get()) else {
        return;
    };
    let attributes = [
        KeyValue::new("tool.name", name),
        KeyValue::new("environment", "lab"),
    ];
    metrics.calls.add(1, &attributes);
    if failed {
        metrics.errors.add(1, &attributes);
    }
    let ms = start.elapsed().as_secs_f64() * 1e3;
    metrics.duration.record(ms, &attributes);
}
