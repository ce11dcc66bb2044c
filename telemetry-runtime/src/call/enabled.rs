//! What generated code calls, with any signal on.

use std::marker::PhantomData;

use super::capture::Params;
use super::failure::Failure;
use super::future::{AsyncFuture, Begun};
use super::live::{self, Running};
use super::record::Outcome;
use super::site::Site;
use super::state::State;
use super::suspended::{self, Suspended};

/// Begins a call of the tool at `site`; `capture` runs if its parameters are wanted.
#[inline]
pub fn call(site: &'static Site, capture: impl FnOnce(&mut Params<'_>)) -> Call {
    let state = State::now();
    Call {
        running: if state.is_running() {
            live::run(state, site.origin(), capture)
        } else {
            None
        },
    }
}

/// A call about to run.
#[must_use = "the body is run by `run`"]
pub struct Call {
    running: Option<Running>,
}

impl Call {
    /// Runs the body. `ending` says whether what it gave is a failure.
    #[inline]
    pub fn run<T>(
        self,
        body: impl FnOnce() -> T,
        ending: impl FnOnce(&T) -> Option<Failure<'_>>,
    ) -> T {
        let Some(running) = self.running else {
            return body();
        };
        let unwinding = Unwinding(Some(running));
        let output = body();
        unwinding.end(ending(&output));
        output
    }
}

/// Dropped while it holds a call, it was a panic that came by.
struct Unwinding(Option<Running>);

impl Unwinding {
    /// There was none.
    #[inline]
    fn end(mut self, failure: Option<Failure<'_>>) {
        if let Some(running) = self.0.take() {
            let outcome = if failure.is_some() {
                Outcome::Error
            } else {
                Outcome::Success
            };
            running.end(outcome, failure);
        }
    }
}

impl Drop for Unwinding {
    #[inline]
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            running.end(Outcome::Panic, Some(Failure::panic()));
        }
    }
}

/// The future of an async call, which `make` begins when it is first polled.
#[inline]
pub fn call_async<M, F, E>(make: M, ending: E) -> AsyncFuture<M, F, E>
where
    M: FnOnce() -> Begun<F>,
    F: Future,
    E: FnOnce(&F::Output) -> Option<Failure<'_>>,
{
    AsyncFuture::new(make, ending)
}

/// Begins an async call of the tool at `site`.
#[inline]
pub fn begin(site: &'static Site, capture: impl FnOnce(&mut Params<'_>)) -> AsyncCall {
    let state = State::now();
    AsyncCall {
        suspended: if state.is_running() {
            suspended::suspend(state, site.origin(), capture)
        } else {
            None
        },
    }
}

/// An async call about to be polled. `Send`, unlike [`Call`].
#[must_use = "the body is run by `run`"]
pub struct AsyncCall {
    suspended: Option<Suspended>,
}

impl AsyncCall {
    /// The body's future, to be measured until it is ready or dropped.
    #[inline]
    pub fn run<F: Future>(self, body: F) -> Begun<F> {
        Begun {
            body,
            call: self.suspended,
        }
    }
}

/// Captures what the call gave, where its span is sent: `ret`. It has to be the innermost call.
pub fn ret<T: ?Sized>(value: Option<&T>, capture: impl FnOnce(&T, &mut Params<'_>)) {
    if let Some(value) = value {
        live::add_attributes(|params| capture(value, params));
    }
}

/// Begins a call that lasts as long as what this gives: for `#[track_caller]`,
/// which a closure cannot have.
#[inline]
pub fn guard(site: &'static Site, capture: impl FnOnce(&mut Params<'_>)) -> Guard {
    let state = State::now();
    Guard {
        running: if state.is_running() {
            live::run(state, site.origin(), capture)
        } else {
            None
        },
        was_panicking: std::thread::panicking(),
        not_send: PhantomData,
    }
}

/// A call that ends when this is dropped.
#[must_use = "the call ends when this is dropped"]
pub struct Guard {
    running: Option<Running>,
    was_panicking: bool,
    not_send: PhantomData<*const ()>,
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end_unseen(self.was_panicking);
        }
    }
}
