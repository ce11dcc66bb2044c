//! The call path without any signal: generated code comes down to the body.

#![allow(missing_docs, reason = "documented where the path is enabled")]

use std::marker::PhantomData;

use super::Failure;

/// A place in the code that is a tool.
pub struct Site;

impl Site {
    #[must_use]
    pub const fn new(
        _name: &'static str,
        _function: &'static str,
        _file: &'static str,
        _line: u32,
        _params: u32,
    ) -> Self {
        Self
    }
}

/// Where parameters go.
pub struct Params<'a>(PhantomData<&'a ()>);

/// A call about to run.
pub struct Call;

#[inline(always)]
pub fn call(_site: &'static Site, _capture: impl FnOnce(&mut Params<'_>)) -> Call {
    Call
}

impl Call {
    #[inline(always)]
    pub fn run<T>(
        self,
        body: impl FnOnce() -> T,
        _ending: impl FnOnce(&T) -> Option<Failure<'_>>,
    ) -> T {
        body()
    }
}

/// An async call about to run. `Send`, unlike [`Call`].
pub struct AsyncCall;

#[inline(always)]
pub fn call_async(_site: &'static Site, _capture: impl FnOnce(&mut Params<'_>)) -> AsyncCall {
    AsyncCall
}

impl AsyncCall {
    #[inline(always)]
    pub fn run<F: Future>(
        self,
        body: F,
        _ending: impl FnOnce(&F::Output) -> Option<Failure<'_>>,
    ) -> F {
        body
    }
}

/// For `#[track_caller]`, which a closure cannot have: the call lasts as long as this.
pub struct Guard;

#[inline(always)]
pub fn guard(_site: &'static Site, _capture: impl FnOnce(&mut Params<'_>)) -> Guard {
    Guard
}
