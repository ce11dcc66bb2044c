//! A budget: how many tables are made anew at once.

/// Tables made at once, after which there is one a so many calls or a time.
const REBUILDS: u32 = 2;
const REBUILD_CALLS: u32 = 512;
const REBUILD_NANOS: u64 = 10_000_000;

/// Tables are made anew a few at a time: many tools that grow alike must not make a pause.
#[derive(Debug)]
pub(super) struct Budget {
    rebuilds: u32,
    calls: u32,
    at: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            rebuilds: REBUILDS,
            calls: 0,
            at: 0,
        }
    }
}

impl Budget {
    /// So many calls have been looked at.
    pub(super) fn calls(&mut self, calls: u32) {
        self.calls = self.calls.saturating_add(calls);
    }

    /// Whether another table may be made.
    pub(super) fn take(&mut self, at: u64) -> bool {
        if self.calls >= REBUILD_CALLS || at.abs_diff(self.at) >= REBUILD_NANOS {
            *self = Self {
                rebuilds: REBUILDS,
                calls: 0,
                at,
            };
        }
        let left = self.rebuilds > 0;
        self.rebuilds -= u32::from(left);
        left
    }
}
