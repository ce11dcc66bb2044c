//! The future of an async call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::failure::Failure;
use super::live::{Polled, Suspended};
use super::record::Outcome;

pin_project! {
    /// A body's future, measured from its first poll until it is ready (`success` or
    /// `error`), panics, or is dropped (`cancelled`).
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ToolFuture<F, E> {
        #[pin]
        body: F,
        // Taken when the body is ready.
        ending: Option<E>,
        // Ends as cancelled when it is dropped.
        call: Pending,
    }
}

/// The call of a future that is not ready yet.
struct Pending(Option<Suspended>);

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call.end(Outcome::Cancelled, None);
        }
    }
}

impl<F, E> ToolFuture<F, E> {
    #[inline]
    pub(crate) fn new(body: F, ending: E, call: Option<Suspended>) -> Self {
        Self {
            body,
            ending: Some(ending),
            call: Pending(call),
        }
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
        if this.call.0.is_none() {
            return this.body.poll(context);
        }
        let poll = OnePoll::begin(&mut this.call.0);
        let ready = this.body.poll(context);
        poll.done();
        if let Poll::Ready(output) = &ready
            && let (Some(call), Some(ending)) = (this.call.0.take(), this.ending.take())
        {
            let failure = ending(output);
            let outcome = if failure.is_some() {
                Outcome::Error
            } else {
                Outcome::Success
            };
            call.end(outcome, failure);
        }
        ready
    }
}

/// One poll. Dropped before it is done, the body panicked.
struct OnePoll<'a> {
    call: &'a mut Option<Suspended>,
    polled: Option<Polled>,
}

impl<'a> OnePoll<'a> {
    #[inline]
    fn begin(call: &'a mut Option<Suspended>) -> Self {
        let polled = call.as_mut().map(Suspended::enter);
        Self { call, polled }
    }

    #[inline]
    fn done(mut self) {
        self.leave();
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
