//! Which of the SDK's spans are recorded.

use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// The sampling rate of roots, 0 to 1, as it is now: a reload may change it.
pub(crate) type SampleRate = Arc<dyn Fn() -> f64 + Send + Sync>;

/// A child follows its parent, a tool or another span; a root the rate.
pub(super) fn sampler(rate: SampleRate) -> Sampler {
    Sampler::ParentBased(Box::new(Root { rate }))
}

#[derive(Clone)]
struct Root {
    rate: SampleRate,
}

impl ShouldSample for Root {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = Sampler::TraceIdRatioBased((self.rate)());
        sampler.should_sample(parent_context, trace_id, name, span_kind, attributes, links)
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Root").field(&(self.rate)()).finish()
    }
}
