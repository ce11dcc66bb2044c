//! How many lines a second one tool may write, and what it would have written beyond that.

use crate::otlp::logs::Severity;

/// One tool's lines. Failures have as much room of their own, so that no flood of successes
/// hides them.
#[derive(Debug, Default)]
pub(super) struct Budget {
    second: u64,
    /// Written in that second: of calls that failed, and of others.
    written: [u32; 2],
    suppressed: Suppressed,
}

/// Lines that were not written, since the last time that was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Suppressed {
    pub(super) calls: u64,
    /// How many of them failed.
    pub(super) failures: u64,
    /// The gravest of them.
    pub(super) severity: Option<Severity>,
}

impl Budget {
    /// Whether there is room for a line in `second`; takes it, or counts what was not written.
    pub(super) fn take(
        &mut self,
        second: u64,
        per_second: u32,
        severity: Severity,
        failed: bool,
    ) -> bool {
        if second != self.second {
            self.second = second;
            self.written = [0; 2];
        }
        let written = &mut self.written[usize::from(failed)];
        if *written < per_second {
            *written += 1;
            return true;
        }
        self.suppress(1, severity, failed);
        false
    }

    /// Counts lines that will not be written.
    pub(super) fn suppress(&mut self, calls: u64, severity: Severity, failed: bool) {
        let suppressed = &mut self.suppressed;
        suppressed.calls += calls;
        suppressed.failures += if failed { calls } else { 0 };
        suppressed.severity = suppressed.severity.max(Some(severity));
    }

    /// What was not written, counted anew from here on.
    pub(super) fn take_suppressed(&mut self) -> Option<Suppressed> {
        (self.suppressed.calls > 0).then(|| std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_room_of_their_own_and_nothing_goes_uncounted() {
        let mut budget = Budget::default();
        let mut written = [0; 2];
        for call in 0..1000_u64 {
            let failed = call % 4 == 0;
            let severity = if failed {
                Severity::Error
            } else {
                Severity::Info
            };
            let second = call / 500;
            written[usize::from(failed)] += u32::from(budget.take(second, 10, severity, failed));
        }
        assert_eq!(written, [20, 20]);
        let expected = Suppressed {
            calls: 960,
            failures: 230,
            severity: Some(Severity::Error),
        };
        assert_eq!(budget.take_suppressed(), Some(expected));
        assert_eq!(budget.take_suppressed(), None);
    }

    #[test]
    fn none_a_second_is_none() {
        let mut budget = Budget::default();
        assert!(!budget.take(0, 0, Severity::Info, false));
        assert_eq!(
            budget.take_suppressed().unwrap().severity,
            Some(Severity::Info)
        );
    }
}
