//! Without the feature `trace` there is no OpenTelemetry context to read or set.

use super::record::Ids;

/// Nothing to take off again.
#[derive(Default)]
pub(crate) struct Attached {}
/// Nothing to attach.
#[derive(Clone, Default)]
pub(crate) struct Kept {}

#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) trace: [u64; 2],
    pub(crate) span: u64,
    pub(crate) sampled: bool,
    pub(crate) remote: bool,
    pub(crate) state: Option<String>,
}

pub(crate) const SUPPRESSED: u64 = u64::MAX;

#[inline]
pub(crate) fn active_span() -> u64 {
    0
}

#[inline]
pub(crate) fn seen(_attached: &Attached, _ids: Ids) -> u64 {
    0
}

pub(crate) fn active() -> Option<Active> {
    None
}

pub(crate) fn of(_ids: Ids) -> Kept {
    Kept {}
}

pub(crate) fn here() -> Kept {
    Kept {}
}

pub(crate) fn within(_around: &Kept, _ids: Ids) -> Kept {
    Kept {}
}

#[inline]
pub(crate) fn make_current(_ids: &Ids) -> Attached {
    Attached {}
}

#[inline]
pub(crate) fn attach(_context: &Kept) -> Attached {
    Attached {}
}

#[inline]
pub(crate) fn detach(_attached: Attached) {}

#[inline]
pub(crate) fn forget(_context: Kept) {}
