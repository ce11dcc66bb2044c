//! Calls of functions that give a future: begun when it is first polled, wherever that is.

use std::pin::Pin;

use super::around::Around;
use super::attributes::Attributes;
use super::capture::{Capture, Params};
use super::failure::Failure;
use super::future::{Stage, ToolFuture};
use super::live::wants_params;
use super::local;
use super::site::Site;
use super::state::State;
use super::suspended::{self, Polled};
use super::tool::Origin;

/// A call of the tool at `site` that begins with the first poll. Its parameters are looked at
/// now, before the body has them, unless it is known that its span will not be sent.
pub fn call_future(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> FutureCall {
    FutureCall(Ahead::of(site, capture))
}

/// A call whose future is about to be made.
#[must_use = "the body is run by `run`"]
pub struct FutureCall(Ahead);

impl FutureCall {
    /// Makes the future, and measures it from its first poll.
    #[inline]
    pub fn run<T, F, E>(self, make: impl FnOnce() -> F, ending: E) -> ToolFuture<F, E>
    where
        F: Future<Output = T>,
        E: FnMut(&T) -> Option<Failure<'_>>,
    {
        ToolFuture::new(make(), ending, Stage::ahead(self.0))
    }

    /// The same for a future in a box, which goes into another one.
    #[inline]
    pub fn run_boxed<F, E>(self, make: impl FnOnce() -> F, ending: E) -> F
    where
        F: Boxed,
        E: FnMut(&F::Output) -> Option<Failure<'_>> + Send + Sync + 'static,
    {
        let future = make();
        match State::now().is_running() {
            true => future.around(|future| ToolFuture::new(future, ending, Stage::ahead(self.0))),
            false => future,
        }
    }
}

/// What is known before the first poll. Most calls have no more than their site.
pub(super) struct Ahead {
    pub(super) site: &'static Site,
    pub(super) more: Option<Box<More>>,
}

pub(super) struct More {
    params: Attributes,
    around: Option<Box<Around>>,
}

impl Ahead {
    pub(super) fn of(site: &'static Site, capture: &mut Capture<'_>) -> Self {
        let state = State::now();
        if !state.is_running() {
            return Self { site, more: None };
        }
        let around = local::put_around(None);
        let params = suspended::params_ahead(state, site.origin(), around.as_deref(), capture);
        Self::with(site, params, around)
    }

    /// Its parameters are looked at by its body.
    pub(super) fn of_async_around(site: &'static Site) -> Self {
        match State::now().is_running() {
            true => Self::with(site, Attributes::new(), local::put_around(None)),
            false => Self { site, more: None },
        }
    }

    fn with(site: &'static Site, params: Attributes, around: Option<Box<Around>>) -> Self {
        let more = match params.is_empty() && around.is_none() {
            true => None,
            false => Some(Box::new(More { params, around })),
        };
        Self { site, more }
    }
}

/// Begins a call with its first poll, and lets the body know whether its parameters are wanted.
#[inline(never)]
pub(super) fn begin(site: &'static Site, more: Option<Box<More>>) -> Option<Polled> {
    let state = State::now();
    if !state.is_running() {
        suspended::expect_params(false);
        return None;
    }
    let origin = site.origin();
    let polled = match more {
        None => suspended::begin(state, origin, Attributes::new()),
        Some(more) => begin_with(state, origin, *more),
    };
    let expected = wants_params(state, origin) && polled.as_ref().is_some_and(Polled::is_sampled);
    suspended::expect_params(expected);
    polled
}

#[cold]
#[inline(never)]
fn begin_with(state: State, origin: &'static Origin, more: More) -> Option<Polled> {
    let More { params, around } = more;
    if around.is_some() {
        local::put_around(around);
    }
    suspended::begin(state, origin, params)
}

/// A future in a box, whose type says no more than that.
#[diagnostic::on_unimplemented(
    message = "`#[tool]` cannot measure a future of the type `{Self}`",
    note = "it measures `impl Future`, and `Pin<Box<dyn Future>>` with or without `Send` and `Sync`",
    note = "`#[tool(future = false)]` measures until the future is made"
)]
pub trait Boxed: Future + Sized {
    /// The same type with what `wrap` makes of it.
    fn around<E>(self, wrap: impl FnOnce(Self) -> ToolFuture<Self, E>) -> Self
    where
        E: FnMut(&Self::Output) -> Option<Failure<'_>> + Send + Sync + 'static;
}

macro_rules! boxed {
    ($($dyn:ty),*) => {
        $(impl<'a, T: 'a> Boxed for Pin<Box<$dyn>> {
            fn around<E>(self, wrap: impl FnOnce(Self) -> ToolFuture<Self, E>) -> Self
            where
                E: FnMut(&T) -> Option<Failure<'_>> + Send + Sync + 'static,
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
