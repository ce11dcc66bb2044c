//! The active call, for the code inside it.

use std::borrow::Cow;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::failure::{Message, error_type};
use super::frame::{DetailsOf, Frame, SharedDetails};
use super::local::{self, Position};
use super::record::{Details, Event, Ids, Kept};
use super::state::State;
use super::told::text;
use super::tool::Origin;
use super::{clock, context, limits};
use crate::ids::{SpanId, TraceId};
use crate::value::Value;

/// The innermost call of a tool that runs on this thread or task.
///
/// Outside of any call it is one that does nothing, so nobody has to ask first.
///
/// ```
/// use telemetry_runtime::{current, tool};
///
/// #[tool]
/// fn search(query: &str) -> Vec<String> {
///     let found = vec![query.to_owned()];
///     current().set_attribute("result.count", found.len());
///     found
/// }
/// # search("x");
/// ```
#[must_use]
pub fn current() -> Current {
    Current::innermost()
}

/// A handle to a call: cheap to clone, usable from any thread, without effect once
/// the call has ended.
#[derive(Clone, Default)]
pub struct Current {
    ids: Ids,
    origin: Option<&'static Origin>,
    details: Option<SharedDetails>,
    /// OpenTelemetry's context where the handle was made: the call's baggage is in it.
    context: context::Kept,
}

impl Current {
    fn innermost() -> Self {
        // A thread that never makes a call needs no place for any.
        if !State::now().is_running() {
            return Self::default();
        }
        local::with(|local| local.innermost().map(Self::of))
            .flatten()
            .unwrap_or_default()
    }

    pub(crate) fn of(frame: &mut Frame) -> Self {
        let context = match State::now().makes_current() {
            true => context::here(),
            false => context::Kept::default(),
        };
        Self {
            ids: frame.ids,
            origin: frame.origin,
            details: Some(frame.details.share()),
            context,
        }
    }

    /// As what another call can have to do with.
    pub(super) fn as_parent(&self) -> Option<context::Active> {
        self.ids.is_known().then_some(context::Active {
            trace: self.ids.trace,
            span: self.ids.span,
            sampled: self.ids.sampled,
            remote: false,
            state: None,
        })
    }

    /// The span of a capture, which takes attributes that go nowhere.
    pub(super) fn of_capture(ids: Ids) -> Self {
        Self {
            ids,
            origin: None,
            details: Some(SharedDetails::default()),
            context: context::Kept::default(),
        }
    }

    pub(crate) fn without_details(ids: Ids) -> Self {
        Self {
            ids,
            ..Self::default()
        }
    }

    /// Sets an attribute of the call's span; a second value for a key replaces the first.
    /// At most 128 are kept, strings whole.
    pub fn set_attribute(
        &self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> &Self {
        let (key, value) = (key.into(), value.into());
        self.with(|details| details.set(key, value));
        self
    }

    /// Adds an event to the call's span, at the present moment. At most 128 are kept.
    pub fn add_event<K: Into<Cow<'static, str>>>(
        &self,
        name: impl Into<Cow<'static, str>>,
        attributes: impl IntoIterator<Item = (K, Value)>,
    ) -> &Self {
        if self.details.is_none() {
            return self;
        }
        let event = Event {
            name: name.into(),
            at: clock::now(),
            attributes: attributes
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        };
        self.with(|details| details.add_event(event));
        self
    }

    /// Says that the call fails, for one that does not give a `Result`: its outcome is
    /// `error`, with the type and text of `error`.
    pub fn record_error<E: Display + ?Sized>(&self, error: &E) -> &Self {
        if self.details.is_none() {
            return self;
        }
        let message = text(&Message::Display(&error), limits::max_length());
        self.with(|details| {
            details.error_type = Some(error_type::<E>().into());
            details.error_message = message;
        });
        self
    }

    /// The trace the call is part of; `None` outside of a call.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.ids
            .is_known()
            .then(|| TraceId::new(self.ids.trace_bytes()))
    }

    /// The call's own span; `None` outside of a call.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.ids
            .is_known()
            .then(|| SpanId::new(self.ids.span_bytes()))
    }

    /// Whether the span is sent whatever happens.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.ids.sampled
    }

    /// Runs `body` inside this call, on whatever thread: calls made by it are children. For a
    /// thread's closure, a job of a pool, an iterator of rayon; the examples `context_to_threads` and
    /// `context_to_rayon` do each.
    ///
    /// ```
    /// use telemetry_runtime::{current, tool};
    ///
    /// #[tool]
    /// fn both() {
    ///     let here = current();
    ///     std::thread::spawn(move || here.run(one)).join().unwrap();
    /// }
    ///
    /// #[tool]
    /// fn one() {}
    /// # both();
    /// ```
    pub fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        body()
    }

    /// A future whose polls are inside this call: for spawned tasks, as the example `async_tokio`
    /// has them.
    ///
    /// ```
    /// use telemetry_runtime::{current, tool};
    ///
    /// #[tool]
    /// async fn both() {
    ///     let task = tokio::spawn(current().wrap(one()));
    ///     task.await.unwrap();
    /// }
    ///
    /// #[tool]
    /// async fn one() {}
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(both());
    /// ```
    pub fn wrap<F: Future>(&self, future: F) -> InCurrent<F> {
        InCurrent {
            future,
            current: self.clone(),
        }
    }

    /// `change` must not run code of the user's: it might ask for the same lock.
    fn with(&self, change: impl FnOnce(&mut Details)) {
        let Some(shared) = &self.details else { return };
        if let Some(details) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner) {
            change(details);
        }
    }

    pub(super) fn enter(&self) -> Entered {
        let details = self.details.clone().filter(|_| local::are_alive());
        let Some(details) = details else {
            return Entered::default();
        };
        let attached = match State::now().makes_current() {
            true => context::attach(&context::within(&self.context, self.ids)),
            false => context::Attached::default(),
        };
        let frame = Frame {
            ids: self.ids,
            origin: self.origin,
            seen: context::active_span(),
            details: DetailsOf::Shared(details),
            ..Frame::default()
        };
        Entered {
            position: local::with(|local| local.poll(frame, attached)).flatten(),
        }
    }
}

/// While it lives, this thread is inside a call that began elsewhere.
#[derive(Default)]
pub(super) struct Entered {
    position: Option<Position>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(position) = self.position {
            let frame = local::leave(position);
            // What was kept here keeps the call itself, wherever it ends.
            if let Some(frame) = frame
                && frame.kept != Kept::No
                && let DetailsOf::Shared(shared) = &frame.details
                && let Some(details) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner)
            {
                details.kept = details.kept.max(frame.kept);
            }
        }
    }
}

pin_project! {
    /// See [`Current::wrap`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct InCurrent<F> {
        #[pin]
        future: F,
        current: Current,
    }
}

impl<F: Future> Future for InCurrent<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.current.enter();
        this.future.poll(context)
    }
}
