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
    const CAPTURES: u8 = 1 << 6;
    const KEEP_DRIFTING: u8 = 1 << 7;

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
                | flag(spans && keep.slow, Self::KEEP_SLOW)
                | flag(spans && keep.drifting, Self::KEEP_DRIFTING),
        )
    }

    #[inline]
    pub(crate) fn now() -> Self {
        Self(STATE.load(Relaxed))
    }

    /// Tests go on capturing.
    pub(crate) fn set(self) {
        let and_captures = |before: u8| Some(self.0 | before & Self::CAPTURES);
        let _ = STATE.fetch_update(Relaxed, Relaxed, and_captures);
    }

    /// Calls are off, those that tests capture too.
    pub(super) fn end() {
        STATE.store(0, Relaxed);
    }

    /// A test captures calls: they are made as if they were sent.
    pub(super) fn captures_from_now(captures: bool) {
        match captures {
            true => STATE.fetch_or(Self::CAPTURES, Relaxed),
            false => STATE.fetch_and(!Self::CAPTURES, Relaxed),
        };
    }

    #[inline]
    pub(crate) fn is_running(self) -> bool {
        self.0 & (Self::RUNNING | Self::CAPTURES) != 0
    }

    #[inline]
    pub(crate) fn captures(self) -> bool {
        self.0 & Self::CAPTURES != 0
    }

    /// Calls are for the test alone.
    pub(super) fn only_captures(self) -> bool {
        self.0 & Self::RUNNING == 0
    }

    #[inline]
    pub(crate) fn sends_spans(self) -> bool {
        self.0 & (Self::SPANS | Self::CAPTURES) != 0
    }

    /// Calls leave log records.
    #[inline]
    pub(crate) fn logs_calls(self) -> bool {
        self.0 & Self::LOGS != 0
    }

    /// What a sampled call was given goes somewhere.
    #[inline]
    pub(crate) fn shows_params(self) -> bool {
        self.0 & (Self::SPANS | Self::LOGS | Self::CAPTURES) != 0
    }

    #[inline]
    pub(crate) fn makes_current(self) -> bool {
        self.0 & (Self::CONTEXT | Self::CAPTURES) != 0
    }

    #[inline]
    pub(crate) fn keeps_errors(self) -> bool {
        self.0 & Self::KEEP_ERROR != 0
    }

    #[inline]
    pub(crate) fn keeps_slow(self) -> bool {
        self.0 & Self::KEEP_SLOW != 0
    }

    #[inline]
    pub(crate) fn keeps_drifting(self) -> bool {
        self.0 & Self::KEEP_DRIFTING != 0
    }
}
