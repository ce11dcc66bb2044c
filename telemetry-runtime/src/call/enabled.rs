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

/// Begins a call of the tool at `site`; `capture` runs if its parameters are wanted.
pub fn call(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> Call {
    Call {
        running: begin(site, capture),
    }
}

fn begin(site: &'static Site, capture: &mut dyn FnMut(&mut Params<'_>)) -> Option<Running> {
    let state = State::now();
    match state.is_running() {
        true => live::run(state, site.origin(), capture),
        false => None,
    }
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
            self.end(ending(&output));
        }
        output
    }

    fn end(&mut self, failure: Option<Failure<'_>>) {
        if let Some(running) = &mut self.running {
            running.end_here(Outcome::of(failure.as_ref()), failure);
            self.running = None;
        }
    }

    #[cold]
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
        running: begin(site, capture),
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
