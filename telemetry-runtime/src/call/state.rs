//! What all calls ask first: is anybody listening, and to what?

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// One byte, so that a call before `init` costs a load and a branch.
static STATE: AtomicU8 = AtomicU8::new(0);

/// The answers, read once a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State(u8);

impl State {
    const RUNNING: u8 = 1;
    const SPANS: u8 = 1 << 1;
    const CONTEXT: u8 = 1 << 2;
    const KEEP_ERROR: u8 = 1 << 3;
    const KEEP_SLOW: u8 = 1 << 4;
    const LOGS: u8 = 1 << 5;

    /// `spans`, `logs`: they go somewhere; `context`: make spans current for OpenTelemetry.
    pub(crate) fn running(
        spans: bool,
        logs: bool,
        context: bool,
        keep: crate::config::Keep,
    ) -> Self {
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        Self(
            Self::RUNNING
                | flag(spans, Self::SPANS)
                | flag(logs, Self::LOGS)
                | flag(context, Self::CONTEXT)
                | flag(spans && keep.error, Self::KEEP_ERROR)
                | flag(spans && keep.slow, Self::KEEP_SLOW),
        )
    }

    #[inline]
    pub(crate) fn now() -> Self {
        Self(STATE.load(Relaxed))
    }

    pub(crate) fn set(self) {
        STATE.store(self.0, Relaxed);
    }

    #[inline]
    pub(crate) fn is_running(self) -> bool {
        self.0 & Self::RUNNING != 0
    }

    #[inline]
    pub(crate) fn sends_spans(self) -> bool {
        self.0 & Self::SPANS != 0
    }

    /// Calls leave log records.
    #[inline]
    pub(crate) fn logs_calls(self) -> bool {
        self.0 & Self::LOGS != 0
    }

    /// What a sampled call was given goes somewhere.
    #[inline]
    pub(crate) fn shows_params(self) -> bool {
        self.0 & (Self::SPANS | Self::LOGS) != 0
    }

    #[inline]
    pub(crate) fn makes_current(self) -> bool {
        self.0 & Self::CONTEXT != 0
    }

    #[inline]
    pub(crate) fn keeps_errors(self) -> bool {
        self.0 & Self::KEEP_ERROR != 0
    }

    #[inline]
    pub(crate) fn keeps_slow(self) -> bool {
        self.0 & Self::KEEP_SLOW != 0
    }
}
