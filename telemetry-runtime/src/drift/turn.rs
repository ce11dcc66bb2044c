//! A turn: a count (calls a second, failures, a caller's share) has changed, or is back; and what
//! finds that.

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

/// The evidence for each of `N` templates (Page 1954), and the change that one of them has told.
/// `M`: a place in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<M, const N: usize> {
    sums: [f64; N],
    /// Where each was last none.
    started: [M; N],
    change: Option<Change<M>>,
}

/// The change that was told and is not over.
#[derive(Clone, Copy, Debug)]
struct Change<M> {
    template: usize,
    began: M,
    /// When it was told.
    told: u64,
    /// The evidence that it is over, and since when there is any.
    back: f64,
    back_since: M,
}

/// Evidence has come to its limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed<M> {
    pub(super) recovered: bool,
    pub(super) since: M,
    pub(super) evidence: f64,
    pub(super) limit: f64,
}

impl<M: Default + Copy, const N: usize> Default for Evidence<M, N> {
    fn default() -> Self {
        Self {
            sums: [0.0; N],
            started: [M::default(); N],
            change: None,
        }
    }
}

impl<M: Copy, const N: usize> Evidence<M, N> {
    /// Takes in what speaks for a template; of that at most `most` for a change that is not yet told.
    pub(super) fn add(
        &mut self,
        template: usize,
        (score, most): (f64, f64),
        limit: f64,
        here: M,
    ) -> Option<Passed<M>> {
        let (evidence, since) = match &mut self.change {
            Some(change) if change.template == template => change.add(score, here),
            Some(_) => return None,
            None => {
                let sum = &mut self.sums[template];
                *sum = (*sum + score.min(most)).max(0.0);
                if *sum <= 0.0 {
                    self.started[template] = here;
                }
                (*sum, self.started[template])
            }
        };
        (evidence >= limit).then_some(Passed {
            recovered: self.change.is_some(),
            since,
            evidence,
            limit,
        })
    }

    /// There is none: a change that was told is over.
    pub(super) fn end(&mut self, here: M) {
        self.change = None;
        self.begin(here);
    }

    /// There is none for a change that is not yet told.
    pub(super) fn begin(&mut self, here: M) {
        self.sums = [0.0; N];
        self.started = [here; N];
    }

    /// What passed its limit was told, at that time: its end is looked for. Otherwise it was too small.
    pub(super) fn told(&mut self, told: bool, here: M, at: u64) {
        let strongest = (0..N).max_by(|a, b| self.sums[*a].total_cmp(&self.sums[*b]));
        self.change = strongest.filter(|_| told).map(|template| Change {
            template,
            began: self.started[template],
            told: at,
            back: 0.0,
            back_since: here,
        });
        self.begin(here);
    }

    pub(super) fn is_changed(&self) -> bool {
        self.change.is_some()
    }

    /// Where the change that was told and is not over began.
    pub(super) fn began(&self) -> Option<M> {
        self.change.map(|change| change.began)
    }

    /// When it was told.
    pub(super) fn told_at(&self) -> Option<u64> {
        self.change.map(|change| change.told)
    }

    /// Whether there is none to speak of.
    pub(super) fn is_below(&self, sum: f64) -> bool {
        self.sums.iter().all(|known| *known < sum)
    }
}

impl<M: Copy> Change<M> {
    /// How much speaks for its end, and since when.
    fn add(&mut self, score: f64, here: M) -> (f64, M) {
        self.back = (self.back - score).max(0.0);
        if self.back <= 0.0 {
            self.back_since = here;
        }
        (self.back, self.back_since)
    }
}
