//! What generated code calls: arguments are type-checked, and nothing runs but the body.

#![expect(missing_docs, reason = "documented where calls are recorded")]

use std::marker::PhantomData;

use futures_core::Stream;

use super::Failure;

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

    #[must_use]
    pub const fn line(self, _line: u32) -> Self {
        self
    }

    #[must_use]
    pub const fn fields(self, _fields: u32) -> Self {
        self
    }

    #[must_use]
    pub const fn captures(self, _shows: bool) -> Self {
        self
    }

    #[must_use]
    pub const fn kind(self, _kind: &'static str) -> Self {
        self
    }

    #[must_use]
    pub const fn level(self, _level: &'static str) -> Self {
        self
    }

    #[must_use]
    pub const fn drift(self, _is_watched: bool) -> Self {
        self
    }

    #[must_use]
    pub const fn objective_success(self, _percent: f64) -> Self {
        self
    }

    #[must_use]
    pub const fn objective_latency_ms(self, _latency_ms: f64) -> Self {
        self
    }

    #[must_use]
    pub const fn objective_quantile(self, _percent: f64) -> Self {
        self
    }

    #[must_use]
    pub const fn threshold_ms(self, _threshold_ms: f64) -> Self {
        self
    }

    #[must_use]
    pub const fn sample(self, _rate: f64) -> Self {
        self
    }
}

pub fn nothing(_: &mut Params<'_>) {}

/// Nobody makes one.
pub struct Params<'a>(PhantomData<&'a mut ()>);

pub struct Param<'p, T: ?Sized>(PhantomData<&'p T>);

impl Params<'_> {
    #[inline(always)]
    pub fn param<'p, T: ?Sized>(&'p mut self, _key: &'static str, _value: &'p T) -> Param<'p, T> {
        Param(PhantomData)
    }

    #[inline(always)]
    pub fn named<'p, T: ?Sized>(&'p mut self, _key: &'static str, _value: &'p T) -> Param<'p, T> {
        Param(PhantomData)
    }

    #[inline(always)]
    pub fn value<'p, T: ?Sized>(&'p mut self, _value: &'p T) -> Param<'p, T> {
        Param(PhantomData)
    }

    #[inline(always)]
    pub fn redacted(&mut self, _key: &'static str) {}

    #[inline(always)]
    pub fn field<'p, T: ?Sized>(&'p mut self, _key: &'static str, _value: &'p T) -> Param<'p, T> {
        Param(PhantomData)
    }
}

impl<T: ?Sized> Param<'_, T> {
    #[inline(always)]
    pub fn telemetry_capture(&mut self) {}
}

#[must_use = "the body is run by `run`"]
pub struct Call;

#[inline(always)]
pub fn call(_site: &'static Site, _capture: &mut impl FnMut(&mut Params<'_>)) -> Call {
    Call
}

impl Call {
    #[inline(always)]
    pub fn run<T>(
        self,
        body: impl FnOnce() -> T,
        _ending: impl FnMut(&T) -> Option<Failure<'_>>,
    ) -> T {
        body()
    }
}

#[inline(always)]
pub fn call_async<F: Future>(
    _site: &'static Site,
    body: F,
    _ending: impl FnMut(&F::Output) -> Option<Failure<'_>>,
) -> F {
    body
}

#[inline(always)]
pub fn call_async_around<F: Future>(
    _site: &'static Site,
    body: F,
    _ending: impl FnMut(&F::Output) -> Option<Failure<'_>>,
) -> F {
    body
}

#[inline(always)]
pub fn params(_capture: &mut impl FnMut(&mut Params<'_>)) {}

#[must_use = "the body is run by `run`"]
pub struct FutureCall;

#[inline(always)]
pub fn call_future(_site: &'static Site, _capture: &mut impl FnMut(&mut Params<'_>)) -> FutureCall {
    FutureCall
}

impl FutureCall {
    #[inline(always)]
    pub fn run<T, F, E>(self, make: impl FnOnce() -> F, _ending: E) -> F
    where
        F: Future<Output = T>,
        E: FnMut(&T) -> Option<Failure<'_>>,
    {
        make()
    }

    #[inline(always)]
    pub fn run_boxed<F, E>(self, make: impl FnOnce() -> F, _ending: E) -> F
    where
        F: Future,
        E: FnMut(&F::Output) -> Option<Failure<'_>>,
    {
        make()
    }
}

#[must_use = "the body is run by `run`"]
pub struct StreamCall;

#[inline(always)]
pub fn call_stream(_site: &'static Site, _capture: &mut impl FnMut(&mut Params<'_>)) -> StreamCall {
    StreamCall
}

impl StreamCall {
    #[inline(always)]
    pub fn run<T, S, E>(self, make: impl FnOnce() -> S, _ending: E) -> S
    where
        S: Stream<Item = T>,
        E: FnMut(&T) -> Option<Failure<'_>>,
    {
        make()
    }

    #[inline(always)]
    pub fn run_boxed<S, E>(self, make: impl FnOnce() -> S, _ending: E) -> S
    where
        S: Stream,
        E: FnMut(&S::Item) -> Option<Failure<'_>>,
    {
        make()
    }
}

#[must_use = "the call ends when this is dropped"]
pub struct Guard;

#[inline(always)]
pub fn guard(_site: &'static Site, _capture: &mut impl FnMut(&mut Params<'_>)) -> Guard {
    Guard
}

#[inline(always)]
pub fn ret<T: ?Sized>(_value: Option<&T>, _capture: impl FnOnce(&T, &mut Params<'_>)) {}

/// Nobody makes one.
pub struct Around(PhantomData<()>);

impl Around {
    #[inline(always)]
    pub fn parent<S>(&mut self, _spans: S) {}

    #[inline(always)]
    pub fn follows_from<S>(&mut self, _spans: S) {}
}

#[inline(always)]
pub fn around(site: &'static Site, _say: impl FnOnce(&mut Around)) -> &'static Site {
    site
}
