//! OpenTelemetry's active context: parents from it, tools as parents in it.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, ContextGuard};

use super::local;
use super::record::Ids;

/// While it lives, a call is the active span of this thread.
pub(crate) type Attached = Option<ContextGuard>;
/// A call's context between two polls.
pub(crate) type Kept = Option<Context>;

/// The active span, when it is not one of ours.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) trace: [u64; 2],
    pub(crate) span: u64,
    pub(crate) sampled: bool,
    pub(crate) remote: bool,
    pub(crate) state: Option<String>,
}

/// Stands for the id of the active span where telemetry is suppressed: on the threads of
/// exporters, whose calls would make more to export for ever.
pub(crate) const SUPPRESSED: u64 = u64::MAX;

/// Id of the active span, 0 where there is none.
#[inline]
pub(crate) fn active_span() -> u64 {
    Context::map_current(|context| {
        if context.is_telemetry_suppressed() {
            return SUPPRESSED;
        }
        if !context.has_active_span() {
            return 0;
        }
        u64::from_be_bytes(context.span().span_context().span_id().to_bytes())
    })
}

/// The same where a call's context has just been attached, or not: then it is the call's own.
#[inline]
pub(crate) fn seen(attached: &Attached, ids: Ids) -> u64 {
    match attached {
        Some(_) => ids.span,
        None => active_span(),
    }
}

/// The active span as a parent.
pub(crate) fn active() -> Option<Active> {
    Context::map_current(|context| {
        let span = context.span();
        active_of(span.span_context())
    })
}

/// The span as a parent.
pub(crate) fn active_of(span: &SpanContext) -> Option<Active> {
    if !span.is_valid() {
        return None;
    }
    let trace = u128::from_be_bytes(span.trace_id().to_bytes());
    let state = span.trace_state().header();
    Some(Active {
        trace: [(trace >> 64) as u64, trace as u64],
        span: u64::from_be_bytes(span.span_id().to_bytes()),
        sampled: span.is_sampled(),
        remote: span.is_remote(),
        state: (!state.is_empty()).then_some(state),
    })
}

/// The context of a call: the current one, baggage and `tracestate` and all, with its span.
pub(crate) fn of(ids: Ids) -> Kept {
    Some(Context::map_current(|context| derived(context, ids)))
}

/// What is current now, to be taken to another thread.
pub(crate) fn here() -> Kept {
    Some(Context::current())
}

/// The context of a call that began in `around`.
pub(crate) fn within(around: &Kept, ids: Ids) -> Kept {
    match around {
        Some(around) => Some(derived(around, ids)),
        None => of(ids),
    }
}

fn derived(context: &Context, ids: Ids) -> Context {
    context.with_remote_span_context(span_in(context, ids))
}

/// The span of the running call, where that is innermost and did not make itself current.
pub(crate) fn unseen() -> Option<SpanContext> {
    let active = active_span();
    let ids = local::with(|local| {
        let frame = local.innermost()?;
        let is_inside = active == frame.seen || active == 0;
        (is_inside && frame.ids.span != active).then_some(frame.ids)
    });
    let ids = ids.flatten()?;
    Some(Context::map_current(|context| span_in(context, ids)))
}

fn span_in(context: &Context, ids: Ids) -> SpanContext {
    let trace = TraceId::from_bytes(ids.trace_bytes());
    let span = context.span();
    let around = span.span_context();
    let state = if around.trace_id() == trace {
        around.trace_state().clone()
    } else {
        TraceState::NONE
    };
    let flags = if ids.sampled {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::NOT_SAMPLED
    };
    SpanContext::new(
        trace,
        SpanId::from_bytes(ids.span_bytes()),
        flags,
        false,
        state,
    )
}

/// Makes a call current until what it gives is dropped. Only while the thread has its locals.
#[inline(never)]
pub(crate) fn make_current(ids: &Ids) -> Attached {
    // It goes to where it is current as it was made: who clones one counts it twice, by instructions
    // that lock.
    Some(Context::map_current(|context| derived(context, *ids)).attach())
}

/// The same for what was made current before.
#[inline]
pub(crate) fn attach(context: &Kept) -> Attached {
    context.as_ref().map(|context| context.clone().attach())
}

/// Makes current again what was before. Once the thread's locals are gone there is no such
/// thing any more, and OpenTelemetry's guard would panic.
#[inline]
pub(crate) fn detach(attached: Attached) {
    if attached.is_none() || local::are_alive() {
        drop(attached);
    } else {
        std::mem::forget(attached);
    }
}

/// The call has ended: nobody attaches its context any more.
#[inline]
pub(crate) fn forget(context: Kept) {
    drop(context);
}
