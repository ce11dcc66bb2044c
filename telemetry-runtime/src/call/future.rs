//! The future of an async call.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::failure::Failure;
use super::record::Outcome;
use super::suspended::{Polled, Suspended};

pin_project! {
    /// A body's future, measured from its first poll until it is ready (`success` or
    /// `error`), panics, or is dropped (`cancelled`).
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ToolFuture<F, E> {
        // Taken when it is dropped, inside the call.
        #[pin]
        body: Option<F>,
        // Taken when the body is ready.
        ending: Option<E>,
        call: Option<Suspended>,
    }

    impl<F, E> PinnedDrop for ToolFuture<F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.call.is_some() {
                let poll = OnePoll::begin(this.call);
                this.body.set(None);
                poll.end(Outcome::Cancelled, None);
            }
        }
    }
}

impl<F, E> ToolFuture<F, E> {
    #[inline]
    pub(crate) fn new(body: F, ending: E, call: Option<Suspended>) -> Self {
        Self {
            body: Some(body),
            ending: Some(ending),
            call,
        }
    }
}

impl<F, E> ToolFuture<F, E> {
    pub(super) fn body(&self) -> Option<&F> {
        self.body.as_ref()
    }

    /// The call of a body that was not polled yet.
    pub(super) fn begin(self: Pin<&mut Self>, call: Option<Suspended>) {
        *self.project().call = call;
    }
}

impl<F, E> Future for ToolFuture<F, E>
where
    F: Future,
    E: FnOnce(&F::Output) -> Option<Failure<'_>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Pending;
        };
        if this.call.is_none() {
            return body.poll(context);
        }
        let poll = OnePoll::begin(this.call);
        let ready = body.poll(context);
        if let Poll::Ready(output) = &ready {
            let failure = this.ending.take().and_then(|ending| ending(output));
            let outcome = if failure.is_some() {
                Outcome::Error
            } else {
                Outcome::Success
            };
            poll.end(outcome, failure);
        } else {
            poll.done();
        }
        ready
    }
}

/// A body that is about to be polled, with its call where somebody listens.
pub struct Begun<F> {
    pub(super) body: F,
    pub(super) call: Option<Suspended>,
}

pin_project! {
    /// The future of an `async fn`. Until the first poll it is what makes the body's, and the two
    /// share their place: both hold the parameters.
    #[project = AsyncFutureNow]
    #[project_replace = AsyncFutureBefore]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub enum AsyncFuture<M, F, E> {
        /// Not polled yet.
        Waiting { make: M, ending: E },
        /// From the first poll on.
        Polled {
            #[pin]
            future: ToolFuture<F, E>,
        },
        /// `make` panicked.
        Gone,
    }
}

impl<M, F, E> AsyncFuture<M, F, E> {
    #[inline]
    pub(super) fn new(make: M, ending: E) -> Self {
        Self::Waiting { make, ending }
    }
}

impl<M, F, E> Future for AsyncFuture<M, F, E>
where
    M: FnOnce() -> Begun<F>,
    F: Future,
    E: FnOnce(&F::Output) -> Option<Failure<'_>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let AsyncFutureNow::Waiting { .. } = self.as_mut().project()
            && let AsyncFutureBefore::Waiting { make, ending } =
                self.as_mut().project_replace(Self::Gone)
        {
            let Begun { body, call } = make();
            let future = ToolFuture::new(body, ending, call);
            self.set(Self::Polled { future });
        }
        match self.project() {
            AsyncFutureNow::Polled { future } => future.poll(context),
            AsyncFutureNow::Waiting { .. } | AsyncFutureNow::Gone => Poll::Pending,
        }
    }
}

/// A panic that comes by ends the call, and leaves nothing half done: what is unwind-safe without
/// the attribute stays so.
impl UnwindSafe for Suspended {}
impl RefUnwindSafe for Suspended {}

/// One poll. Dropped before it is done, the body panicked.
pub(super) struct OnePoll<'a> {
    call: &'a mut Option<Suspended>,
    polled: Option<Polled>,
}

impl<'a> OnePoll<'a> {
    #[inline]
    pub(super) fn begin(call: &'a mut Option<Suspended>) -> Self {
        let polled = call.as_mut().map(Suspended::enter);
        Self { call, polled }
    }

    #[inline]
    pub(super) fn done(mut self) {
        self.leave();
    }

    /// It was the last one.
    #[inline]
    pub(super) fn end(mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        self.leave();
        if let Some(call) = self.call.take() {
            call.end(outcome, failure);
        }
    }

    #[inline]
    fn leave(&mut self) -> bool {
        match (self.call.as_mut(), self.polled.take()) {
            (Some(call), Some(polled)) => {
                call.leave(polled);
                true
            }
            _ => false,
        }
    }
}

impl Drop for OnePoll<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.leave()
            && let Some(call) = self.call.take()
        {
            call.end(Outcome::Panic, Some(Failure::panic()));
        }
    }
}
