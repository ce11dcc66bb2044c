//! The future of an async call.
//!
//! [`ToolFuture`] is compiled for each annotated function, so it does no more than hand on to
//! what is not generic: [`Stage`], [`OnePoll`].

use std::cell::RefCell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

use super::failure::Failure;
use super::later::Ahead;
use super::record::Outcome;
use super::site::Site;
use super::suspended::{self, Polled, Suspended};

/// The future of an `async fn`: its body is measured from its first poll on. A body that shows
/// parameters does so first of all, by [`params`](super::params).
#[inline]
pub fn call_async<F, E>(site: &'static Site, body: F, ending: E) -> ToolFuture<F, E>
where
    F: Future,
    E: FnMut(&F::Output) -> Option<Failure<'_>>,
{
    // Without a call, of which a panic might come that would have to drop the body.
    ToolFuture {
        body,
        ending,
        stage: Stage {
            ahead: Some(Ahead { site, more: None }),
            call: None,
        },
    }
}

/// The same where [`around`](super::around) has said what is around it.
#[inline]
pub fn call_async_around<F, E>(site: &'static Site, body: F, ending: E) -> ToolFuture<F, E>
where
    F: Future,
    E: FnMut(&F::Output) -> Option<Failure<'_>>,
{
    ToolFuture::new(body, ending, Stage::ahead(Ahead::of_async_around(site)))
}

pin_project! {
    /// A body's future, measured from its first poll until it is ready (`success` or
    /// `error`), panics, or is dropped (`cancelled`). Dropped before its first poll, it was no call.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ToolFuture<F, E> {
        #[pin]
        body: F,
        ending: E,
        // After the body, which is dropped inside of the call.
        stage: Stage,
    }

    impl<F, E> PinnedDrop for ToolFuture<F, E> {
        fn drop(this: Pin<&mut Self>) {
            this.project().stage.body_is_dropped();
        }
    }
}

impl<F, E> ToolFuture<F, E> {
    #[inline]
    pub(super) fn new(body: F, ending: E, stage: Stage) -> Self {
        Self {
            body,
            ending,
            stage,
        }
    }
}

impl<F, E> Future for ToolFuture<F, E>
where
    F: Future,
    E: FnMut(&F::Output) -> Option<Failure<'_>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut poll = this.stage.enter();
        let ready = this.body.poll(context);
        match &ready {
            Poll::Ready(output) if poll.is_measured() => poll.ended((this.ending)(output)),
            _ => poll.leave(),
        }
        ready
    }
}

impl<F, E> FusedFuture for ToolFuture<F, E>
where
    F: FusedFuture,
    E: FnMut(&F::Output) -> Option<Failure<'_>>,
{
    fn is_terminated(&self) -> bool {
        self.body.is_terminated()
    }
}

/// How far a future has come.
///
/// | `ahead` | `call` | |
/// |---|---|---|
/// | some | `None` | not polled yet |
/// | `None` | some | polled; waits, is being polled, or its body is being dropped |
/// | `None` | `None` | over, or nobody listens |
pub(super) struct Stage {
    ahead: Option<Ahead>,
    call: Option<Suspended>,
}

impl Stage {
    #[inline]
    pub(super) fn ahead(ahead: Ahead) -> Self {
        Self {
            ahead: Some(ahead),
            call: None,
        }
    }

    /// A call that runs already, where somebody listens.
    pub(super) fn begun(call: Option<Suspended>) -> Self {
        Self { ahead: None, call }
    }

    /// Before a poll.
    fn enter(&mut self) -> OnePoll<'_> {
        if let Some(ahead) = self.ahead.take() {
            self.call = ahead.begin();
            if let Some(call) = &self.call {
                suspended::expect_params(call.shows_params());
            }
        }
        OnePoll::begin(&mut self.call)
    }

    /// The drop of the body comes next, then this one's.
    fn body_is_dropped(&mut self) {
        if let Some(call) = &mut self.call {
            let drop = OneDrop {
                polled: call.enter(),
                was_panicking: std::thread::panicking(),
            };
            // Where the thread's locals are gone the call is left at once.
            let mut drop = Some(drop);
            let _ = DROPS.try_with(|drops| drops.borrow_mut().extend(drop.take()));
            if let Some(drop) = drop {
                call.leave(drop.polled);
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        let drop = DROPS.try_with(|drops| drops.borrow_mut().pop());
        let mut panicked = false;
        if let Ok(Some(drop)) = drop {
            panicked = std::thread::panicking() && !drop.was_panicking;
            call.leave(drop.polled);
        }
        match panicked {
            true => call.end(Outcome::Panic, Some(Failure::panic())),
            false => call.end(Outcome::Cancelled, None),
        }
    }
}

/// A body that is being dropped inside of its call.
struct OneDrop {
    polled: Polled,
    was_panicking: bool,
}

thread_local! {
    /// Beside the futures, which may be `Send`: those whose bodies are being dropped on this thread, one
    /// inside of the other.
    static DROPS: RefCell<Vec<OneDrop>> = const { RefCell::new(Vec::new()) };
}

/// A panic that comes by ends the call, and leaves nothing half done: what is unwind-safe without
/// the attribute stays so.
impl UnwindSafe for Stage {}
impl RefUnwindSafe for Stage {}
impl UnwindSafe for Suspended {}
impl RefUnwindSafe for Suspended {}

/// One poll. Dropped before it is done, the body panicked.
pub(super) struct OnePoll<'a> {
    call: &'a mut Option<Suspended>,
    polled: Option<Polled>,
}

impl<'a> OnePoll<'a> {
    pub(super) fn begin(call: &'a mut Option<Suspended>) -> Self {
        let polled = call.as_mut().map(Suspended::enter);
        Self { call, polled }
    }

    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.polled.is_some()
    }

    /// It was the last one.
    pub(super) fn ended(&mut self, failure: Option<Failure<'_>>) {
        let outcome = match failure {
            None => Outcome::Success,
            Some(_) => Outcome::Error,
        };
        self.end(outcome, failure);
    }

    pub(super) fn end(&mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        self.leave();
        if let Some(call) = self.call.take() {
            call.end(outcome, failure);
        }
    }

    /// It is done.
    pub(super) fn leave(&mut self) {
        if let (Some(call), Some(polled)) = (self.call.as_mut(), self.polled.take()) {
            call.leave(polled);
        }
    }

    #[cold]
    fn end_with_panic(&mut self) {
        self.end(Outcome::Panic, Some(Failure::panic()));
    }
}

impl Drop for OnePoll<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.is_measured() {
            self.end_with_panic();
        }
    }
}
