//! Calls by hand, for names that only the running program knows.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;

use super::capture::Params;
use super::current::Current;
use super::failure::Failure;
use super::future::{Stage, ToolFuture};
use super::live::{self, Running};
use super::state::State;
use super::tool;
use crate::ids::{SpanId, TraceId};
use crate::params::CallParams;
use crate::value::Value;

/// Begins a call of the tool `name`, which ends when what this gives is dropped.
///
/// The same path as `#[tool]`: span, metrics, parent. At most `max_tools` names are
/// told apart; beyond, calls count under `_other`.
///
/// ```
/// use telemetry_runtime::track_tool_call;
///
/// let call = track_tool_call("my_tool", [("param", "value".into())]);
/// let result = vec![1, 2, 3];
/// call.set_attribute("result.count", result.len());
/// drop(call);
///
/// track_tool_call("no_parameters", ());
/// ```
#[must_use = "the call ends when this is dropped: bind it to a name"]
pub fn track_tool_call(name: impl AsRef<str>, params: impl CallParams) -> ToolCall {
    let state = State::now();
    let running = match state.is_running() {
        true => {
            let mut params = Some(params);
            live::run(state, tool::named(name.as_ref()), &mut |to: &mut Params<
                '_,
            >| {
                if let Some(params) = params.take() {
                    params.each(|key, value| to.by_hand(&key, &value));
                }
            })
        }
        false => None,
    };
    ToolCall {
        running,
        was_panicking: std::thread::panicking(),
        not_send: PhantomData,
    }
}

/// A call begun by [`track_tool_call`]. It stays on its thread; [`wrap`](Self::wrap)
/// hands it to a future.
pub struct ToolCall {
    running: Option<Running>,
    was_panicking: bool,
    not_send: PhantomData<*const ()>,
}

impl ToolCall {
    /// Sets an attribute of the call's span: [`Current::set_attribute`].
    pub fn set_attribute(
        &self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> &Self {
        self.current().set_attribute(key, value);
        self
    }

    /// Adds an event to the call's span: [`Current::add_event`].
    pub fn add_event<K: Into<Cow<'static, str>>>(
        &self,
        name: impl Into<Cow<'static, str>>,
        attributes: impl IntoIterator<Item = (K, Value)>,
    ) -> &Self {
        self.current().add_event(name, attributes);
        self
    }

    /// Says that the call fails: [`Current::record_error`].
    pub fn record_error<E: Display + ?Sized>(&self, error: &E) -> &Self {
        self.current().record_error(error);
        self
    }

    /// Ends the call with a result, which it gives back: an `Err` is recorded.
    ///
    /// ```
    /// # use telemetry_runtime::track_tool_call;
    /// let call = track_tool_call("parse", ());
    /// let number = call.finish("12".parse::<u8>());
    /// assert_eq!(number, Ok(12));
    /// ```
    pub fn finish<T, E: Display>(self, result: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &result {
            self.record_error(error);
        }
        result
    }

    /// The call goes on as `future`, and ends when that is ready or dropped.
    ///
    /// ```
    /// # use telemetry_runtime::track_tool_call;
    /// # async fn fetch() -> u8 { 1 }
    /// let call = track_tool_call("fetch", ()).wrap(fetch());
    /// # pollster::block_on(call);
    /// ```
    pub fn wrap<F: Future>(mut self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let suspended = self.running.take().and_then(Running::suspend);
        ToolFuture::new(future, succeeded::<F::Output>, Stage::begun(suspended))
    }

    /// The trace the call is part of; `None` where nobody listens.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.running
            .as_ref()
            .and_then(|running| Current::without_details(running.ids()).trace_id())
    }

    /// The call's own span; `None` where nobody listens.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.running
            .as_ref()
            .and_then(|running| Current::without_details(running.ids()).span_id())
    }

    /// A handle to this call, for code that outlives this borrow.
    #[must_use]
    pub fn current(&self) -> Current {
        self.running
            .as_ref()
            .map(Running::current)
            .unwrap_or_default()
    }
}

fn succeeded<T>(_output: &T) -> Option<Failure<'_>> {
    None
}

impl Drop for ToolCall {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end_unseen(self.was_panicking);
        }
    }
}
