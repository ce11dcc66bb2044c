//! A turn: a count (calls a second, failures, a caller's share) has changed, or is back.

/// What has become of a count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) recovered: bool,
    pub(super) before: f64,
    pub(super) after: f64,
    /// The largest relative change that is not ruled out (90 %).
    pub(super) at_most: f64,
    pub(super) calls: u64,
    pub(super) since: u64,
    pub(super) evidence: f64,
    pub(super) limit: f64,
}

/// The change that was told and is not over. `M`: a place in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<M> {
    pub(super) template: usize,
    pub(super) began: M,
    /// When it was told.
    pub(super) told: u64,
    /// The evidence that it is over, and since when there is any.
    back: f64,
    back_since: M,
}

impl<M: Copy> Change<M> {
    /// Told just now, that is `here`, at a time in nanoseconds.
    pub(super) fn new(template: usize, began: M, here: M, told: u64) -> Self {
        Self {
            template,
            began,
            told,
            back: 0.0,
            back_since: here,
        }
    }

    /// Takes in what speaks for the change. Gives how much speaks for its end, and since when.
    pub(super) fn add(&mut self, score: f64, here: M) -> (f64, M) {
        self.back = (self.back - score).max(0.0);
        if self.back <= 0.0 {
            self.back_since = here;
        }
        (self.back, self.back_since)
    }
}
