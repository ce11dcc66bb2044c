//! The stream of a function that gives one: a call from its first poll to its end.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use pin_project_lite::pin_project;

use super::capture::Params;
use super::failure::{Failure, Message, Told};
use super::future::{OnePoll, Stage};
use super::later::Ahead;
use super::live;
use super::record::Outcome;
use super::site::Site;
use super::state::State;
use crate::names::attribute::{TOOL_STREAM_ERRORS, TOOL_STREAM_ITEMS};
use crate::value::Value;

/// A call of the tool at `site` that begins with the first poll of a stream: see
/// [`call_future`](super::call_future).
pub fn call_stream(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> StreamCall {
    StreamCall(Ahead::of(site, capture))
}

/// A call whose stream is about to be made.
#[must_use = "the body is run by `run`"]
pub struct StreamCall(Ahead);

impl StreamCall {
    /// Makes the stream, and measures it from its first poll. `ending` says of each item whether
    /// it is a failure.
    #[inline]
    pub fn run<T, S, E>(self, make: impl FnOnce() -> S, ending: E) -> ToolStream<S, E>
    where
        S: Stream<Item = T>,
        E: FnMut(&T) -> Option<Failure<'_>>,
    {
        ToolStream::new(self.0, make(), ending)
    }

    /// The same for a stream in a box, which goes into another one.
    #[inline]
    pub fn run_boxed<S, E>(self, make: impl FnOnce() -> S, ending: E) -> S
    where
        S: BoxedStream,
        E: FnMut(&S::Item) -> Option<Failure<'_>> + Send + Sync + 'static,
    {
        let stream = make();
        match State::now().is_running() {
            true => stream.around(|stream| ToolStream::new(self.0, stream, ending)),
            false => stream,
        }
    }
}

pin_project! {
    /// A body's stream, measured from its first poll until it ends, panics, or is dropped. One
    /// that is dropped before it has ended is `cancelled`, and an `error` where it gave one:
    /// who reads with `?` goes no further.
    #[must_use = "streams do nothing unless polled"]
    pub struct ToolStream<S, E> {
        stage: Stage,
        // Taken when it is dropped, inside the call.
        #[pin]
        body: Option<S>,
        ending: E,
        seen: Seen,
    }

    impl<S, E> PinnedDrop for ToolStream<S, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.stage.waits() {
                let poll = Polling::begin(this.stage, this.seen);
                this.body.set(None);
                poll.end(Outcome::Cancelled);
            }
        }
    }
}

impl<S, E> ToolStream<S, E> {
    #[inline]
    fn new(ahead: Ahead, body: S, ending: E) -> Self {
        Self {
            stage: Stage::ahead(ahead),
            body: Some(body),
            ending,
            seen: Seen::default(),
        }
    }
}

impl<S, E> Stream for ToolStream<S, E>
where
    S: Stream,
    E: FnMut(&S::Item) -> Option<Failure<'_>>,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Pending;
        };
        let poll = Polling::begin(this.stage, this.seen);
        if !poll.is_measured() {
            return body.poll_next(context);
        }
        let next = body.poll_next(context);
        match &next {
            Poll::Pending => poll.done(),
            Poll::Ready(Some(item)) => {
                poll.seen.add((this.ending)(item));
                poll.done();
            }
            Poll::Ready(None) => poll.end(Outcome::Success),
        }
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.body.as_ref().map_or((0, None), Stream::size_hint)
    }
}

impl<S, E> FusedStream for ToolStream<S, E>
where
    S: FusedStream,
    E: FnMut(&S::Item) -> Option<Failure<'_>>,
{
    fn is_terminated(&self) -> bool {
        self.body.as_ref().is_none_or(FusedStream::is_terminated)
    }
}

/// What has come of a stream.
#[derive(Default)]
struct Seen {
    items: u64,
    errors: u64,
    /// `error.type` and text of the first of them.
    first: Option<Box<(Cow<'static, str>, Told)>>,
}

impl Seen {
    #[inline]
    fn add(&mut self, failure: Option<Failure<'_>>) {
        self.items += 1;
        if let Some(failure) = failure {
            self.add_error(failure);
        }
    }

    /// Told now: the item goes to whoever polls.
    #[cold]
    fn add_error(&mut self, failure: Failure<'_>) {
        self.errors += 1;
        if self.first.is_none() {
            let sent = State::now().sends_spans();
            let told = failure.message.told(sent, sent);
            self.first = Some(Box::new((failure.error_type, told)));
        }
    }

    /// On the span of the innermost call, which is the stream's.
    fn show(&self) {
        live::add_attributes(|params| {
            params.put(TOOL_STREAM_ITEMS, &Value::from(self.items));
            if self.errors > 0 {
                params.put(TOOL_STREAM_ERRORS, &Value::from(self.errors));
            }
        });
    }
}

/// One poll, or the drop of a stream. Dropped before it is done, the body panicked.
struct Polling<'a> {
    poll: Option<OnePoll<'a>>,
    seen: &'a mut Seen,
}

impl<'a> Polling<'a> {
    #[inline]
    fn begin(stage: &'a mut Stage, seen: &'a mut Seen) -> Self {
        let polled = stage.enter();
        let poll = polled.is_some().then(|| OnePoll::of(stage, polled));
        Self { poll, seen }
    }

    #[inline]
    fn is_measured(&self) -> bool {
        self.poll.is_some()
    }

    /// The stream goes on.
    #[inline]
    fn done(mut self) {
        if let Some(mut poll) = self.poll.take() {
            poll.leave();
        }
    }

    /// It does not.
    fn end(mut self, outcome: Outcome) {
        let Some(mut poll) = self.poll.take() else {
            return;
        };
        self.seen.show();
        match self.seen.first.take() {
            None => poll.end(outcome, None),
            Some(first) => {
                let (error_type, told) = *first;
                let failure = Failure {
                    error_type,
                    message: Message::Told(&told),
                };
                poll.end(Outcome::Error, Some(failure));
            }
        }
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        // The poll, dropped after this, ends the call.
        if self.poll.is_some() {
            self.seen.show();
        }
    }
}

/// A stream in a box, whose type says no more than that.
#[diagnostic::on_unimplemented(
    message = "`#[tool]` cannot measure a stream of the type `{Self}`",
    note = "it measures `impl Stream`, and `Pin<Box<dyn Stream>>` with or without `Send` and `Sync`",
    note = "`#[tool(stream = false)]` measures until the stream is made"
)]
pub trait BoxedStream: Stream + Sized {
    /// The same type with what `wrap` makes of it.
    fn around<E>(self, wrap: impl FnOnce(Self) -> ToolStream<Self, E>) -> Self
    where
        E: FnMut(&Self::Item) -> Option<Failure<'_>> + Send + Sync + 'static;
}

macro_rules! boxed {
    ($($dyn:ty),*) => {
        $(impl<'a, T: 'a> BoxedStream for Pin<Box<$dyn>> {
            fn around<E>(self, wrap: impl FnOnce(Self) -> ToolStream<Self, E>) -> Self
            where
                E: FnMut(&T) -> Option<Failure<'_>> + Send + Sync + 'static,
            {
                Box::pin(wrap(self))
            }
        })*
    };
}

boxed!(
    dyn Stream<Item = T> + 'a,
    dyn Stream<Item = T> + Send + 'a,
    dyn Stream<Item = T> + Sync + 'a,
    dyn Stream<Item = T> + Send + Sync + 'a
);
