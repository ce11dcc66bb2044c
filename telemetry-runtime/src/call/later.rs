//! Calls of functions that give a future: begun when it is first polled, wherever that is.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

use super::around::Around;
use super::capture::Params;
use super::failure::Failure;
use super::future::ToolFuture;
use super::local;
use super::site::Site;
use super::state::State;
use super::suspended::{self, Suspended};
use crate::value::Value;

/// A call of the tool at `site` that begins with the first poll. Its parameters are looked at
/// now, before the body has them, unless it is known that its span will not be sent.
#[inline]
pub fn call_future(site: &'static Site, capture: impl FnOnce(&mut Params<'_>)) -> FutureCall {
    FutureCall(Ahead::of(site, capture))
}

/// A call whose future is about to be made.
#[must_use = "the body is run by `run`"]
pub struct FutureCall(Ahead);

impl FutureCall {
    /// Makes the future, and measures it from its first poll.
    #[inline]
    pub fn run<T, F, E>(self, make: impl FnOnce() -> F, ending: E) -> LaterFuture<F, E>
    where
        F: Future<Output = T>,
        E: FnOnce(&T) -> Option<Failure<'_>>,
    {
        LaterFuture::new(self.0, make(), ending)
    }

    /// The same for a future in a box, which goes into another one.
    #[inline]
    pub fn run_boxed<F, E>(self, make: impl FnOnce() -> F, ending: E) -> F
    where
        F: Boxed,
        E: FnOnce(&F::Output) -> Option<Failure<'_>> + Send + Sync + 'static,
    {
        let future = make();
        match State::now().is_running() {
            true => future.around(|future| LaterFuture::new(self.0, future, ending)),
            false => future,
        }
    }
}

/// What is known before the first poll. Most calls have no more than their site.
pub(super) struct Ahead {
    site: &'static Site,
    more: Option<Box<More>>,
}

struct More {
    params: Vec<(Cow<'static, str>, Value)>,
    around: Option<Box<Around>>,
}

impl Ahead {
    #[inline]
    pub(super) fn of(site: &'static Site, capture: impl FnOnce(&mut Params<'_>)) -> Self {
        let state = State::now();
        if !state.is_running() {
            return Self { site, more: None };
        }
        let around = local::put_around(None);
        let params = suspended::params_ahead(state, site.origin(), around.as_deref(), capture);
        let more = match params.is_empty() && around.is_none() {
            true => None,
            false => Some(Box::new(More { params, around })),
        };
        Self { site, more }
    }

    pub(super) fn begin(self) -> Option<Suspended> {
        let state = State::now();
        if !state.is_running() {
            return None;
        }
        let More { params, around } = match self.more {
            Some(more) => *more,
            None => More {
                params: Vec::new(),
                around: None,
            },
        };
        if around.is_some() {
            local::put_around(around);
        }
        suspended::suspend(state, self.site.origin(), |to| to.append(params))
    }
}

pin_project! {
    /// A future that is a call from its first poll on. Dropped before, it was none.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct LaterFuture<F, E> {
        ahead: Option<Ahead>,
        #[pin]
        future: ToolFuture<F, E>,
    }
}

impl<F, E> LaterFuture<F, E> {
    #[inline]
    fn new(ahead: Ahead, future: F, ending: E) -> Self {
        Self {
            ahead: Some(ahead),
            future: ToolFuture::new(future, ending, None),
        }
    }
}

impl<F, E> Future for LaterFuture<F, E>
where
    F: Future,
    E: FnOnce(&F::Output) -> Option<Failure<'_>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(ahead) = this.ahead.take() {
            this.future.as_mut().begin(ahead.begin());
        }
        this.future.poll(context)
    }
}

impl<F, E> FusedFuture for LaterFuture<F, E>
where
    F: FusedFuture,
    E: FnOnce(&F::Output) -> Option<Failure<'_>>,
{
    fn is_terminated(&self) -> bool {
        self.future.body().is_none_or(FusedFuture::is_terminated)
    }
}

/// A future in a box, whose type says no more than that.
#[diagnostic::on_unimplemented(
    message = "`#[tool]` cannot measure a future of the type `{Self}`",
    note = "it measures `impl Future`, and `Pin<Box<dyn Future>>` with or without `Send` and `Sync`",
    note = "`#[tool(future = false)]` measures until the future is made"
)]
pub trait Boxed: Future + Sized {
    /// The same type with what `wrap` makes of it.
    fn around<E>(self, wrap: impl FnOnce(Self) -> LaterFuture<Self, E>) -> Self
    where
        E: FnOnce(&Self::Output) -> Option<Failure<'_>> + Send + Sync + 'static;
}

macro_rules! boxed {
    ($($dyn:ty),*) => {
        $(impl<'a, T: 'a> Boxed for Pin<Box<$dyn>> {
            fn around<E>(self, wrap: impl FnOnce(Self) -> LaterFuture<Self, E>) -> Self
            where
                E: FnOnce(&T) -> Option<Failure<'_>> + Send + Sync + 'static,
            {
                Box::pin(wrap(self))
            }
        })*
    };
}

boxed!(
    dyn Future<Output = T> + 'a,
    dyn Future<Output = T> + Send + 'a,
    dyn Future<Output = T> + Sync + 'a,
    dyn Future<Output = T> + Send + Sync + 'a
);
