//! Calls by hand and the active call: there are none.

#![expect(missing_docs, reason = "documented where calls are recorded")]

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;

use crate::ids::{SpanId, TraceId};
use crate::params::CallParams;
use crate::value::Value;

#[must_use]
#[inline(always)]
pub fn current() -> Current {
    Current
}

#[derive(Clone, Default)]
pub struct Current;

/// The future as it was given.
pub type InCurrent<F> = F;

impl Current {
    pub fn set_attribute(
        &self,
        _key: impl Into<Cow<'static, str>>,
        _value: impl Into<Value>,
    ) -> &Self {
        self
    }

    pub fn add_event<K: Into<Cow<'static, str>>>(
        &self,
        _name: impl Into<Cow<'static, str>>,
        _attributes: impl IntoIterator<Item = (K, Value)>,
    ) -> &Self {
        self
    }

    pub fn record_error<E: Display + ?Sized>(&self, _error: &E) -> &Self {
        self
    }

    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        None
    }

    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        None
    }

    #[must_use]
    pub fn is_sampled(&self) -> bool {
        false
    }

    pub fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        body()
    }

    pub fn wrap<F: Future>(&self, future: F) -> InCurrent<F> {
        future
    }
}

#[must_use = "the call ends when this is dropped: bind it to a name"]
#[inline(always)]
pub fn track_tool_call(_name: impl AsRef<str>, _params: impl CallParams) -> ToolCall {
    ToolCall(PhantomData)
}

/// Stays on its thread, as it does where calls are recorded.
pub struct ToolCall(PhantomData<*const ()>);

impl ToolCall {
    pub fn set_attribute(
        &self,
        _key: impl Into<Cow<'static, str>>,
        _value: impl Into<Value>,
    ) -> &Self {
        self
    }

    pub fn add_event<K: Into<Cow<'static, str>>>(
        &self,
        _name: impl Into<Cow<'static, str>>,
        _attributes: impl IntoIterator<Item = (K, Value)>,
    ) -> &Self {
        self
    }

    pub fn record_error<E: Display + ?Sized>(&self, _error: &E) -> &Self {
        self
    }

    pub fn finish<T, E: Display>(self, result: Result<T, E>) -> Result<T, E> {
        result
    }

    pub fn wrap<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future
    }

    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        None
    }

    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        None
    }

    #[must_use]
    pub fn current(&self) -> Current {
        Current
    }
}
