//! What generated code calls, with any signal on.
//!
//! What is generic here is compiled for each annotated function: it does no more than hand on to
//! what is not.

use std::marker::PhantomData;

use super::capture::Params;
use super::failure::Failure;
use super::live::{self, Running};
use super::record::Outcome;
use super::site::Site;
use super::state::State;

/// Begins a call of the tool at `site`; `capture` runs if its parameters are wanted. Where nobody
/// listens it is a load and a branch, in the function itself.
#[inline]
pub fn call(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> Call {
    let state = State::now();
    Call {
        running: match state.is_running() {
            true => begin(site, capture, state),
            false => None,
        },
    }
}

#[inline(never)]
fn begin(
    site: &'static Site,
    capture: &mut dyn FnMut(&mut Params<'_>),
    state: State,
) -> Option<Running> {
    match site.known_origin() {
        Some(origin) => live::run(state, origin, capture),
        None => begin_first(site, capture, state),
    }
}

/// Apart, so that nothing has to be kept for after it.
#[cold]
#[inline(never)]
fn begin_first(
    site: &'static Site,
    capture: &mut dyn FnMut(&mut Params<'_>),
    state: State,
) -> Option<Running> {
    live::run(state, site.origin(), capture)
}

/// A call that runs. Dropped before it has ended, it was a panic that came by.
#[must_use = "the body is run by `run`"]
pub struct Call {
    running: Option<Running>,
}

impl Call {
    /// Runs the body. `ending` says whether what it gave is a failure.
    #[inline]
    pub fn run<T>(
        mut self,
        body: impl FnOnce() -> T,
        mut ending: impl FnMut(&T) -> Option<Failure<'_>>,
    ) -> T {
        let output = body();
        if self.running.is_some() {
            // A panic of it is one of the call.
            let failure = ending(&output);
            if let Some(running) = self.running.take() {
                match failure {
                    None => running.end_plain(Outcome::Success),
                    Some(failure) => running.fail(Outcome::Error, &failure),
                }
            }
        }
        output
    }

    #[cold]
    #[inline(never)]
    fn end_with_panic(&mut self) {
        if let Some(running) = self.running.take() {
            running.end(Outcome::Panic, Some(Failure::panic()));
        }
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.running.is_some() {
            self.end_with_panic();
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
pub fn guard(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> Guard {
    Guard {
        running: call(site, capture).running.take(),
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
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end_unseen(self.was_panicking);
        }
    }
}
