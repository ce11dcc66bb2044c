//! The current trace, into and out of what travels between processes.
//!
//! W3C trace context (`traceparent`, `tracestate`) and baggage (`baggage`), whatever
//! propagator the program has made the global one. A carrier is anything that is an
//! [`Injector`] or an [`Extractor`]: a `HashMap<String, String>` is both, an
//! [`http::HeaderMap`] in a [`HeaderInjector`] or a [`HeaderExtractor`].
//!
//! A client puts the trace into its request:
//!
//! ```
//! use telemetry_runtime::propagation::{HeaderInjector, inject};
//!
//! let mut request = http::Request::post("http://example.com/orders").body(())?;
//! inject(&mut HeaderInjector(request.headers_mut()));
//! # Ok::<(), http::Error>(())
//! ```
//!
//! A server goes on with it: what is called while the context is attached, tools and spans
//! of OpenTelemetry's SDK alike, is a child of the caller's span.
//!
//! ```
//! use telemetry_runtime::propagation::{HeaderExtractor, extract};
//!
//! # let request = http::Request::post("/orders").body(())?;
//! let caller = extract(&HeaderExtractor(request.headers()));
//! let _attached = caller.attach();
//! # Ok::<(), http::Error>(())
//! ```
//!
//! The guard of `attach` belongs to its thread. A future takes the context along by
//! `opentelemetry::trace::FutureExt::with_context`.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::call;

#[doc(no_inline)]
pub use opentelemetry::propagation::{Extractor, Injector};

/// Puts the current trace and baggage into `carrier`; nothing if there is neither.
///
/// ```
/// use std::collections::HashMap;
///
/// use opentelemetry::Context;
/// use opentelemetry::trace::{
///     SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
/// };
/// use telemetry_runtime::propagation::inject;
///
/// let span = SpanContext::new(
///     TraceId::from(1), SpanId::from(2), TraceFlags::SAMPLED, false, TraceState::default(),
/// );
/// let _inside = Context::current().with_remote_span_context(span).attach();
///
/// let mut carrier = HashMap::new();
/// inject(&mut carrier);
/// assert_eq!(
///     carrier["traceparent"],
///     "00-00000000000000000000000000000001-0000000000000002-01",
/// );
/// ```
pub fn inject(carrier: &mut impl Injector) {
    inject_from(&Context::current(), call::unseen(), carrier);
}

/// What a caller has injected, on top of the current context: without a trace in `carrier`
/// the current span, if any, stays the parent. What is not valid is left out.
///
/// ```
/// use std::collections::HashMap;
///
/// use opentelemetry::trace::{SpanId, TraceContextExt};
/// use telemetry_runtime::propagation::extract;
///
/// let carrier = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-00000000000000000000000000000001-0000000000000002-01".to_owned(),
/// )]);
/// let caller = extract(&carrier);
/// assert_eq!(caller.span().span_context().span_id(), SpanId::from(2));
/// assert!(caller.span().span_context().is_sampled());
/// ```
#[must_use = "attach it, or give it as a parent"]
pub fn extract(carrier: &impl Extractor) -> Context {
    let context = TraceContextPropagator::new().extract(carrier);
    BaggagePropagator::new().extract_with_context(&context, carrier)
}

/// `tool` stands for the span of `context` where the innermost span is a tool that did not
/// make itself current in it.
pub(crate) fn inject_from(
    context: &Context,
    tool: Option<SpanContext>,
    carrier: &mut impl Injector,
) {
    BaggagePropagator::new().inject_context(context, carrier);
    match tool {
        Some(tool) => {
            let context = context.with_remote_span_context(tool);
            TraceContextPropagator::new().inject_context(&context, carrier);
        }
        None => TraceContextPropagator::new().inject_context(context, carrier),
    }
}

/// An [`http::HeaderMap`] to put a trace into. Values that were there are replaced.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// An [`http::HeaderMap`] to take a trace from. Values that are no ASCII text are not seen.
#[derive(Debug)]
pub struct HeaderExtractor<'a>(pub &'a HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values = self.0.get_all(key).iter();
        let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then_some(values)
    }
}

#[cfg(test)]
mod tests;
