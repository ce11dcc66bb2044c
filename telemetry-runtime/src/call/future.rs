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
            drops: false,
        },
    }
}

/// The same where `around` has said what is around it.
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
/// | `None` | some | waits for its next poll |
/// | `None` | `None` | is being polled, or its body dropped: the call is where that is; or it is over, or nobody listens |
pub(super) struct Stage {
    ahead: Option<Ahead>,
    call: Option<Suspended>,
    /// Its body is being dropped, and the call is among [`DROPS`].
    drops: bool,
}

impl Stage {
    #[inline]
    pub(super) fn ahead(ahead: Ahead) -> Self {
        Self {
            ahead: Some(ahead),
            call: None,
            drops: false,
        }
    }

    /// A call that runs already, where somebody listens.
    pub(super) fn begun(call: Option<Suspended>) -> Self {
        Self {
            ahead: None,
            call,
            drops: false,
        }
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
        let Some(call) = self.call.take() else { return };
        let mut drop = Some(OneDrop {
            polled: call.enter(),
            was_panicking: std::thread::panicking(),
        });
        let _ = DROPS.try_with(|drops| drops.borrow_mut().extend(drop.take()));
        match drop {
            None => self.drops = true,
            // Where the thread's locals are gone the call is left at once.
            Some(drop) => self.call = drop.polled.leave(),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            call.enter().end(Outcome::Cancelled, None);
        } else if self.drops
            && let Ok(Some(drop)) = DROPS.try_with(|drops| drops.borrow_mut().pop())
        {
            match std::thread::panicking() && !drop.was_panicking {
                true => drop.polled.end(Outcome::Panic, Some(Failure::panic())),
                false => drop.polled.end(Outcome::Cancelled, None),
            }
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
    /// `None` meanwhile: the call is where it is polled.
    call: &'a mut Option<Suspended>,
    polled: Option<Polled>,
}

impl<'a> OnePoll<'a> {
    pub(super) fn begin(call: &'a mut Option<Suspended>) -> Self {
        let polled = call.take().map(Suspended::enter);
        Self { call, polled }
    }

    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.polled.is_some()
    }

    /// It was the last one.
    pub(super) fn ended(&mut self, failure: Option<Failure<'_>>) {
        self.end(Outcome::of(failure.as_ref()), failure);
    }

    pub(super) fn end(&mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        if let Some(polled) = self.polled.take() {
            polled.end(outcome, failure);
        }
    }

    /// It is done.
    pub(super) fn leave(&mut self) {
        if let Some(polled) = self.polled.take() {
            *self.call = polled.leave();
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
