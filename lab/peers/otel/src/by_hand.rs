//! What somebody writes who instruments a function with the SDK and cares for its cost:
//! tracer and instruments taken once, held in a static.

use std::sync::OnceLock;
use std::time::Instant;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, MeterProvider};
use opentelemetry::trace::{
    FutureExt, SpanBuilder, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

static BY_HAND: OnceLock<ByHand> = OnceLock::new();

pub struct ByHand {
    pub tracer: Option<SdkTracer>,
    pub not_sampled: SdkTracer,
    pub metrics: Metrics,
    /// Spans have the attributes that a tool's span has.
    pub attributes: bool,
}

pub enum Metrics {
    None,
    /// Attributes are given with each value.
    Named {
        calls: Counter<u64>,
        errors: Counter<u64>,
        duration: Histogram<f64>,
    },
    /// Attributes are looked up once. One function's here: each has its own in a program.
    Bound {
        calls: BoundCounter<u64>,
        errors: BoundCounter<u64>,
        duration: BoundHistogram<f64>,
    },
}

impl Metrics {
    pub fn named(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter("lab");
        Self::Named {
            calls: meter.u64_counter("tool.calls").build(),
            errors: meter.u64_counter("tool.errors").build(),
            duration: meter.f64_histogram("tool.duration").with_unit("ms").build(),
        }
    }

    pub fn bound(provider: &SdkMeterProvider) -> Self {
        let attributes = attributes("call");
        let meter = provider.meter("lab");
        Self::Bound {
            calls: meter.u64_counter("tool.calls").build().bind(&attributes),
            errors: meter.u64_counter("tool.errors").build().bind(&attributes),
            duration: meter
                .f64_histogram("tool.duration")
                .with_unit("ms")
                .build()
                .bind(&attributes),
        }
    }

    fn record(&self, name: &'static str, start: Instant, failed: bool) {
        let ms = || start.elapsed().as_secs_f64() * 1e3;
        match self {
            Self::None => {}
            Self::Named {
                calls,
                errors,
                duration,
            } => {
                let attributes = attributes(name);
                calls.add(1, &attributes);
                if failed {
                    errors.add(1, &attributes);
                }
                duration.record(ms(), &attributes);
            }
            Self::Bound {
                calls,
                errors,
                duration,
            } => {
                calls.add(1);
                if failed {
                    errors.add(1);
                }
                duration.record(ms());
            }
        }
    }
}

fn attributes(name: &'static str) -> [KeyValue; 2] {
    [
        KeyValue::new("tool.name", name),
        KeyValue::new("environment", "lab"),
    ]
}

pub fn tracer(provider: &SdkTracerProvider) -> SdkTracer {
    provider.tracer("lab")
}

impl ByHand {
    pub fn install(self) {
        assert!(BY_HAND.set(self).is_ok(), "once a process");
    }

    fn builder(
        &self,
        tracer: &SdkTracer,
        name: &'static str,
        mut more: Vec<KeyValue>,
    ) -> SpanBuilder {
        let builder = tracer.span_builder(name);
        if self.attributes {
            more.extend([
                KeyValue::new("tool.name", name),
                KeyValue::new("tool.params.count", 0),
                KeyValue::new("code.function.name", name),
                KeyValue::new("code.file.path", file!()),
                KeyValue::new("code.line.number", i64::from(line!())),
            ]);
        }
        if more.is_empty() {
            builder
        } else {
            builder.with_attributes(more)
        }
    }

    /// What is known when the call ends.
    fn end(&self, context: &Context, start: Instant, failed: Option<&dyn std::error::Error>) {
        let span = context.span();
        if let Some(error) = failed {
            span.set_attribute(KeyValue::new("error.type", "NoLuck"));
            span.set_status(Status::error(error.to_string()));
        }
        if self.attributes {
            let status = if failed.is_some() { "error" } else { "success" };
            span.set_attribute(KeyValue::new("tool.status", status));
            span.set_attribute(KeyValue::new(
                "tool.duration_ms",
                start.elapsed().as_secs_f64() * 1e3,
            ));
        }
    }
}

/// A span in the context around the body, and what the metrics count.
#[inline]
pub fn recorded<T>(
    name: &'static str,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    body: impl FnOnce() -> T,
) -> T {
    let Some(hand) = BY_HAND.get() else {
        return body();
    };
    let start = Instant::now();
    let output = match &hand.tracer {
        Some(tracer) => {
            tracer.in_span_with_builder(hand.builder(tracer, name, attributes()), |context| {
                let output = body();
                hand.end(&context, start, None);
                output
            })
        }
        None => body(),
    };
    hand.metrics.record(name, start, false);
    output
}

/// The same, of what may fail.
#[inline]
pub fn fallible<T, E: std::error::Error>(
    name: &'static str,
    body: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let Some(hand) = BY_HAND.get() else {
        return body();
    };
    let start = Instant::now();
    let output = match &hand.tracer {
        Some(tracer) => {
            tracer.in_span_with_builder(hand.builder(tracer, name, Vec::new()), |context| {
                let output = body();
                let error = output
                    .as_ref()
                    .err()
                    .map(|error| error as &dyn std::error::Error);
                hand.end(&context, start, error);
                output
            })
        }
        None => body(),
    };
    hand.metrics.record(name, start, output.is_err());
    output
}

/// Of a future: the span is in the context at each poll.
#[inline]
pub async fn recorded_async<T>(name: &'static str, body: impl Future<Output = T>) -> T {
    let Some(hand) = BY_HAND.get() else {
        return body.await;
    };
    let start = Instant::now();
    let output = match &hand.tracer {
        Some(tracer) => {
            let span = hand.builder(tracer, name, Vec::new()).start(tracer);
            let context = Context::current_with_span(span);
            let output = body.with_context(context.clone()).await;
            hand.end(&context, start, None);
            context.span().end();
            output
        }
        None => body.await,
    };
    hand.metrics.record(name, start, false);
    output
}

/// By a tracer whose sampler says no.
#[inline]
pub fn not_sampled<T>(name: &'static str, body: impl FnOnce() -> T) -> T {
    let Some(hand) = BY_HAND.get() else {
        return body();
    };
    let start = Instant::now();
    let output = hand.not_sampled.in_span(name, |_| body());
    hand.metrics.record(name, start, false);
    output
}
