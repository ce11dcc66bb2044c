//! What the attribute says of a call's surroundings: `parent` and `follows_from`.

use super::context::Active;
use super::current::Current;
use super::local;
use super::site::Site;
use super::state::State;
use super::tool::Tool;

/// Other spans that the next call on this thread has to do with.
#[derive(Default)]
pub struct Around {
    /// Whose call it is.
    pub(super) tool: Option<&'static Tool>,
    pub(super) parent: Option<Active>,
    pub(super) links: Vec<Active>,
}

impl Around {
    /// `parent`: the first of them.
    pub fn parent(&mut self, spans: impl Spans) {
        spans.each(&mut |span| {
            self.parent.get_or_insert(span.0);
        });
    }

    /// `follows_from`
    pub fn follows_from(&mut self, spans: impl Spans) {
        spans.each(&mut |span| self.links.push(span.0));
    }
}

/// Says what is around the call at `site` that begins next.
pub fn around(site: &'static Site, say: impl FnOnce(&mut Around)) -> &'static Site {
    if State::now().is_running() && site.origin().tool.is_enabled() {
        let mut around = Box::<Around>::default();
        say(&mut around);
        around.tool = Some(site.origin().tool);
        local::put_around(Some(around));
    }
    site
}

/// A span that exists.
pub struct Span(Active);

/// What names spans: none, one or more.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no span",
    note = "a span is a `telemetry_runtime::Current`, an `opentelemetry::Context`, an `opentelemetry::trace::SpanContext`, or a reference, an `Option`, an array or a `Vec` of those"
)]
pub trait Spans {
    /// Shows each.
    fn each(self, show: &mut dyn FnMut(Span));
}

impl Spans for &Current {
    fn each(self, show: &mut dyn FnMut(Span)) {
        if let Some(active) = self.as_parent() {
            show(Span(active));
        }
    }
}

impl Spans for Current {
    fn each(self, show: &mut dyn FnMut(Span)) {
        (&self).each(show);
    }
}

#[cfg(feature = "trace")]
mod of_opentelemetry {
    use opentelemetry::Context;
    use opentelemetry::trace::{SpanContext, TraceContextExt};

    use super::{Span, Spans};
    use crate::call::context::active_of;

    impl Spans for &SpanContext {
        fn each(self, show: &mut dyn FnMut(Span)) {
            if let Some(active) = active_of(self) {
                show(Span(active));
            }
        }
    }

    impl Spans for SpanContext {
        fn each(self, show: &mut dyn FnMut(Span)) {
            (&self).each(show);
        }
    }

    impl Spans for &Context {
        fn each(self, show: &mut dyn FnMut(Span)) {
            self.span().span_context().each(show);
        }
    }

    impl Spans for Context {
        fn each(self, show: &mut dyn FnMut(Span)) {
            (&self).each(show);
        }
    }
}

macro_rules! several {
    ($([$($generics:tt)*] $ty:ty: $one:ty),*) => {
        $(impl<$($generics)*> Spans for $ty
        where
            $one: Spans,
        {
            fn each(self, show: &mut dyn FnMut(Span)) {
                self.into_iter().for_each(|one| one.each(show));
            }
        })*
    };
}

several!(
    [S] Option<S>: S,
    [S] Vec<S>: S,
    [S, const N: usize] [S; N]: S,
    ['a, S] &'a Option<S>: &'a S,
    ['a, S] &'a Vec<S>: &'a S,
    ['a, S] &'a [S]: &'a S
);
