//! A clock: the time that is handed in, as it can be believed.

use std::time::SystemTime;

pub(super) const SECOND: u64 = 1_000_000_000;

/// Time as a detector has it. It need not be the real one.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Nanoseconds since 1970; 0 before anything was handed in.
    now: u64,
    /// The usual step of time where it moves by a second or more, ns.
    usual_step: u64,
}

/// A moment in nanoseconds since 1970; 0 before.
pub(super) fn unix_ns(at: SystemTime) -> u64 {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    since
        .as_secs()
        .saturating_mul(SECOND)
        .saturating_add(u64::from(since.subsec_nanos()))
}

impl Clock {
    /// Nanoseconds since 1970.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Whether a moment is a little later than the one before, as nearly every one is.
    #[inline]
    pub(super) fn is_usual(&self, at: u64) -> bool {
        at.wrapping_sub(self.now) < SECOND
    }

    /// Takes in one that is.
    #[inline]
    pub(super) fn set_usual(&mut self, at: u64) {
        self.now = at;
    }

    /// Takes in a moment, nanoseconds since 1970. One that is earlier by a little leaves the clock where it is; one that is earlier by
    /// a minute or more sets it back. `true`: the machine slept, or nobody looked.
    #[inline]
    pub(super) fn set(&mut self, at: u64) -> bool {
        if self.is_usual(at) {
            self.set_usual(at);
            return false;
        }
        self.set_far(at)
    }

    #[cold]
    fn set_far(&mut self, at: u64) -> bool {
        let slept = at.abs_diff(self.now) >= SECOND && self.jump(at);
        self.now = self.now.max(at);
        slept
    }

    /// Time has moved by a second or more. Where that is far more than usual, the machine slept.
    fn jump(&mut self, at: u64) -> bool {
        let step = at.abs_diff(self.now);
        let back = at < self.now;
        if back && step < 60 * SECOND {
            return false;
        }
        let started = self.now == 0;
        let slept = back || (step >= 30 * SECOND && step / 20 >= self.usual_step);
        if !started {
            self.usual_step = self.usual_step - self.usual_step / 8 + step.min(3_600 * SECOND) / 8;
        }
        if back {
            self.now = at;
        }
        slept && !started
    }
}
