//! The future of an async call.
//!
//! [`ToolFuture`] is compiled for each annotated function, so it does no more than hand on to
//! what is not generic: [`Stage`], [`OnePoll`].

use std::cell::RefCell;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

use super::failure::Failure;
use super::later::{self, Ahead};
use super::record::Outcome;
use super::site::Site;
use super::suspended::{Polled, Suspended};

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
        stage: Stage::ahead(Ahead { site, more: None }),
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
        let polled = this.stage.enter();
        let mut poll = OnePoll::of(this.stage, polled);
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

/// How far a future or stream has come. Dropped, its call is cancelled.
pub(super) struct Stage(Progress);

enum Progress {
    /// Not polled yet.
    Ahead(Ahead),
    /// It waits for its next poll. Without a call it is being polled, and the call is where that is; or it
    /// is over, or nobody listens.
    Waits(Option<Suspended>),
    /// Its body is being dropped, and the call is among [`DROPS`].
    Drops,
}

impl Stage {
    #[inline]
    pub(super) fn ahead(ahead: Ahead) -> Self {
        Self(Progress::Ahead(ahead))
    }

    /// A call that runs already, where somebody listens.
    pub(super) fn begun(call: Option<Suspended>) -> Self {
        Self(Progress::Waits(call))
    }

    #[inline]
    pub(super) fn waits(&self) -> bool {
        matches!(self.0, Progress::Waits(Some(_)))
    }

    /// Before a poll.
    #[inline]
    pub(super) fn enter(&mut self) -> Option<Polled> {
        match self.0 {
            Progress::Ahead(_) | Progress::Waits(Some(_)) => self.enter_call(),
            Progress::Waits(None) | Progress::Drops => None,
        }
    }

    #[inline(never)]
    fn enter_call(&mut self) -> Option<Polled> {
        // Part by part: the whole, written a moment ago, could not be read back at once.
        let (site, more) = match &mut self.0 {
            Progress::Waits(call) => return call.take()?.enter(),
            Progress::Ahead(Ahead { site, more }) => (*site, more.take()),
            Progress::Drops => return None,
        };
        mem::forget(mem::replace(&mut self.0, Progress::Waits(None)));
        later::begin(site, more)
    }

    /// After one: `polled` goes on, and waits here.
    #[inline]
    fn leave(&mut self, polled: Polled) {
        let left = polled.leave();
        match &mut self.0 {
            // In its place, where nothing is that would have to be dropped.
            Progress::Waits(call) => mem::forget(mem::replace(call, left)),
            Progress::Ahead(_) | Progress::Drops => *self = Self::begun(left),
        }
    }

    fn take(&mut self) -> Progress {
        mem::replace(&mut self.0, Progress::Waits(None))
    }

    /// The drop of the body comes next, then this one's.
    #[inline]
    fn body_is_dropped(&mut self) {
        if self.waits() {
            self.waiting_body_is_dropped();
        }
    }

    #[inline(never)]
    fn waiting_body_is_dropped(&mut self) {
        let Some(polled) = self.enter_call() else {
            return;
        };
        let mut drop = Some(OneDrop {
            polled,
            was_panicking: std::thread::panicking(),
        });
        let _ = DROPS.try_with(|drops| drops.borrow_mut().extend(drop.take()));
        *self = match drop {
            None => Self(Progress::Drops),
            // Where the thread's locals are gone the call is left at once.
            Some(drop) => Self::begun(drop.polled.leave()),
        };
    }

    #[inline(never)]
    fn is_cancelled(&mut self) {
        match self.take() {
            Progress::Waits(call) => {
                if let Some(polled) = call.and_then(Suspended::enter) {
                    polled.end(Outcome::Cancelled, None);
                }
            }
            Progress::Drops => {
                let Ok(Some(drop)) = DROPS.try_with(|drops| drops.borrow_mut().pop()) else {
                    return;
                };
                match std::thread::panicking() && !drop.was_panicking {
                    true => drop.polled.end(Outcome::Panic, Some(Failure::panic())),
                    false => drop.polled.end(Outcome::Cancelled, None),
                }
            }
            Progress::Ahead(_) => {}
        }
    }
}

impl Drop for Stage {
    #[inline]
    fn drop(&mut self) {
        match self.0 {
            Progress::Waits(Some(_)) | Progress::Drops => self.is_cancelled(),
            Progress::Ahead(_) | Progress::Waits(None) => {}
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
    /// Without its call meanwhile.
    stage: &'a mut Stage,
    polled: Option<Polled>,
}

impl<'a> OnePoll<'a> {
    /// `polled` is what `stage` has [entered](Stage::enter).
    #[inline]
    pub(super) fn of(stage: &'a mut Stage, polled: Option<Polled>) -> Self {
        Self { stage, polled }
    }

    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.polled.is_some()
    }

    /// It was the last one.
    #[inline]
    pub(super) fn ended(&mut self, failure: Option<Failure<'_>>) {
        match failure {
            None => {
                if let Some(polled) = self.polled.take() {
                    polled.end_plain(Outcome::Success);
                }
            }
            failure => self.end(Outcome::Error, failure),
        }
    }

    pub(super) fn end(&mut self, outcome: Outcome, failure: Option<Failure<'_>>) {
        if let Some(polled) = self.polled.take() {
            polled.end(outcome, failure);
        }
    }

    /// It is done.
    #[inline]
    pub(super) fn leave(&mut self) {
        if let Some(polled) = self.polled.take() {
            self.stage.leave(polled);
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
