//! A watch: one tool's durations, from its first call on.

use super::change::Change;
use super::cusum::{Cusums, Limits, STEP};
use super::histogram::BUCKETS;
use super::limits::{self, PARAMETERS};
use super::recent::{Recent, less};
use super::season::Seasonal;
use super::table::Table;
use super::template::{ALL, TEMPLATES};
use super::{Histogram, Season, dependence, tail};

/// Calls looked at together.
pub(super) const BATCH: usize = 2 * STEP;
/// Calls before there is a first table.
const FIRST: u64 = 50;
/// Calls that a burst may last.
const BURST: u64 = 40;
/// Calls after a start, of which nothing is told that only they say.
const COLD: u64 = 50;
/// Calls of a baseline that is made to count less, and the time from one such moment to the next: where
/// a season may be, and otherwise.
const FOLLOWED: (u64, u64) = (20_000, 60_000_000_000);
const MOST: (u64, u64) = (4_000_000, 0);

/// What a watch has found, for the detector to judge and tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// The durations have changed as this template says.
    Changed(usize),
    /// Few calls in a row were not as usual.
    Burst(usize),
    /// A single call was beyond all expectation.
    Single(u16),
    /// They are back.
    Recovered,
}

/// One tool's durations.
#[derive(Debug)]
pub(super) struct Watch {
    pending: [u16; BATCH],
    waiting: u8,
    pub(super) recent: Recent,
    /// What is known to be normal.
    pub(super) normal: Histogram,
    normal_calls: u64,
    /// The newest calls and those before them: not yet taken for normal.
    quarantine: [Histogram; 2],
    newest: u64,
    rebuild_at: u64,
    pub(super) ratios: [f32; TEMPLATES],
    pub(super) table: Option<Box<Table>>,
    limits: Limits,
    single: u16,
    cusums: Cusums,
    /// The number of successes when a template's evidence was last none.
    started: [u64; TEMPLATES],
    pub(super) change: Option<Change>,
    /// No further anomaly is told before this call.
    calm_from: u64,
    /// Until this call nothing is told: caches are cold.
    cold_until: u64,
    pub(super) seasonal: Seasonal,
    /// When the baseline was last made to count less.
    aged_at: u64,
    /// What has become normal since it was last asked for, and whether all before is void.
    pub(super) grown: Histogram,
    pub(super) replaced: bool,
}

impl Watch {
    pub(super) fn new(season: Season) -> Self {
        Self {
            pending: [0; BATCH],
            waiting: 0,
            recent: Recent::default(),
            normal: Histogram::default(),
            normal_calls: 0,
            quarantine: Default::default(),
            newest: 0,
            rebuild_at: FIRST,
            ratios: [1.0; TEMPLATES],
            table: None,
            limits: Limits::off(),
            single: u16::MAX,
            cusums: Cusums::new(),
            started: [0; TEMPLATES],
            change: None,
            calm_from: 0,
            cold_until: 0,
            seasonal: Seasonal::new(season),
            aged_at: 0,
            grown: Histogram::default(),
            replaced: false,
        }
    }

    /// Takes in the bucket of a success. `true`: a batch is full and to be [closed](Self::close).
    #[inline]
    pub(super) fn push(&mut self, bucket: u16) -> bool {
        self.pending[usize::from(self.waiting)] = bucket;
        self.waiting += 1;
        usize::from(self.waiting) == BATCH
    }

    pub(super) fn is_full(&self) -> bool {
        usize::from(self.waiting) == BATCH
    }

    pub(super) fn waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Looks at the batch that waits.
    pub(super) fn close(&mut self, at: u64) -> Option<Finding> {
        let mut batch = self.pending;
        let batch = &mut batch[..usize::from(std::mem::take(&mut self.waiting))];
        for bucket in &*batch {
            self.recent.push(*bucket, at);
        }
        // What a change does is no part of the day.
        if self.change.is_none() && self.seasonal.learn(batch, at) {
            self.begin_anew();
        }
        let offset = self.seasonal.offset(at);
        batch
            .iter_mut()
            .for_each(|bucket| *bucket = less(*bucket, offset));
        let finding = self.score(batch);
        if self.change.is_none() {
            self.learn(batch, at);
        }
        finding
    }

    /// The last calls, without the season.
    pub(super) fn last(&self, count: usize) -> Vec<u16> {
        self.recent.last(count, |at| self.seasonal.offset(at))
    }

    /// The calls from `call` on that are left, without the season.
    pub(super) fn since(&self, call: u64) -> Histogram {
        let mut since = Histogram::default();
        for bucket in self.last((self.recent.pushed() - call) as usize) {
            since.add_bucket(bucket, 1);
        }
        since
    }

    /// The season has become known: what is normal is learned again from the calls that are left.
    fn begin_anew(&mut self) {
        self.warmed_up(0);
    }

    /// Takes this for all that is known to be normal.
    fn replace_normal(&mut self, normal: Histogram) {
        self.normal_calls = normal.total();
        self.grown = normal.clone();
        self.normal = normal;
        self.replaced = true;
        self.quarantine = Default::default();
        self.newest = 0;
        self.rebuild_at = FIRST;
        self.quiet();
    }

    /// Caches are cold, or time has passed that nobody saw: the next calls are looked at, and what
    /// only they say is not told.
    pub(super) fn cold(&mut self) {
        self.cold_until = self.recent.pushed() + COLD;
    }

    /// From a baseline that was learned before.
    pub(super) fn import(&mut self, durations: &Histogram) {
        self.normal.merge(durations);
        self.normal_calls = self.normal.total();
        self.rebuild_at = FIRST;
        self.cold();
    }

    /// What it does now is normal.
    pub(super) fn accept(&mut self) -> bool {
        let Some(change) = self.change.take() else {
            return false;
        };
        self.replace_normal(change.since);
        if self.normal_calls < FIRST {
            self.table = None;
        }
        true
    }

    /// The baseline was of cold calls: what came after them is normal.
    pub(super) fn warmed_up(&mut self, since: u64) {
        self.replace_normal(self.since(since));
        self.table = None;
    }

    pub(super) fn normal_calls(&self) -> u64 {
        self.normal_calls
    }

    fn score(&mut self, batch: &[u16]) -> Option<Finding> {
        let table = self.table.as_deref()?;
        if let Some(change) = &mut self.change {
            return change.step(table, &self.limits, batch, self.recent.pushed());
        }
        let mut finding = None;
        for step in batch.chunks(STEP) {
            self.cusums.step(table, &self.limits, step);
            if finding.is_none() && self.cusums.exceeds(&self.limits) {
                finding = Some(());
            }
        }
        let pushed = self.recent.pushed();
        if pushed <= self.cold_until {
            self.cusums.hold_back(&self.limits);
            return None;
        }
        self.cusums.forget_bursts(table, &self.limits, batch);
        for (started, value) in self.started.iter_mut().zip(&self.cusums.capped) {
            if *value <= 0.0 {
                *started = pushed;
            }
        }
        let single = batch
            .iter()
            .copied()
            .filter(|bucket| *bucket >= self.single)
            .max();
        if finding.is_some() {
            if self.cusums.is_ripe(&self.limits) {
                return Some(Finding::Changed(self.winner()));
            }
            let (template, share) = Cusums::leading(&self.cusums.whole, &self.limits.burst);
            if share < 1.0 {
                return None;
            }
            self.cusums.whole = [0.0; TEMPLATES];
            // What has been gathered for longer is a change that is about to be told.
            if pushed - self.started[template] > BURST {
                return None;
            }
            return self.anomaly(Finding::Burst(template));
        }
        single.and_then(|bucket| self.anomaly(Finding::Single(bucket)))
    }

    /// An anomaly is told once, not again for each call of a bad minute.
    fn anomaly(&mut self, finding: Finding) -> Option<Finding> {
        let pushed = self.recent.pushed();
        let calm = pushed >= self.calm_from;
        self.calm_from = pushed + 64;
        calm.then_some(finding)
    }

    /// The template that explains the change; a location where one does nearly as well.
    fn winner(&self) -> usize {
        // Without a cap where one held evidence back.
        let share =
            |t: usize| self.cusums.capped[t].max(self.cusums.whole[t]) / self.limits.drift[t];
        let best = |location_only: bool| {
            let among = (0..TEMPLATES).filter(|t| !location_only || ALL[*t].is_location());
            among
                .max_by(|a, b| share(*a).total_cmp(&share(*b)))
                .unwrap_or(0)
        };
        let (any, location) = (best(false), best(true));
        if share(location) >= PARAMETERS.prefer_location * share(any) {
            location
        } else {
            any
        }
    }

    /// How much evidence there is, as a share of what raises an event.
    pub(super) fn score_share(&self) -> Option<f32> {
        self.table.as_ref()?;
        Some(Cusums::leading(&self.cusums.capped, &self.limits.drift).1)
    }

    pub(super) fn evidence(&self, template: usize) -> (f64, f64) {
        (
            f64::from(self.cusums.capped[template]),
            f64::from(self.limits.drift[template]),
        )
    }

    /// Information a call of `template` gives while it is right, nats.
    pub(super) fn gain(&self, template: usize) -> f64 {
        let gain = self
            .table
            .as_ref()
            .map_or(0.0, |table| table.columns[template].gain);
        gain * f64::from(self.limits.weight[template])
    }

    pub(super) fn started(&self, template: usize) -> u64 {
        self.started[template]
    }

    fn learn(&mut self, batch: &[u16], at: u64) {
        for bucket in batch {
            self.quarantine[0].add_bucket(*bucket, 1);
        }
        self.newest += batch.len() as u64;
        let quiet = self.score_share().is_none_or(|share| share < 0.5);
        if quiet && self.newest >= (self.normal_calls / 8).clamp(BATCH as u64, 512) {
            let [newest, older] = &mut self.quarantine;
            self.normal.merge(older);
            self.grown.merge(older);
            self.normal_calls += older.total();
            std::mem::swap(newest, older);
            newest.clear();
            self.newest = 0;
        }
        if self.table.is_none()
            && self.normal_calls + self.quarantine[1].total() + self.newest >= FIRST
        {
            self.end_quarantine();
        }
        // What is normal follows a season that is not known yet.
        let old = if self.seasonal.follows() {
            FOLLOWED
        } else {
            MOST
        };
        if self.normal_calls > old.0 && at.saturating_sub(self.aged_at) >= old.1 {
            self.normal.halve();
            self.normal_calls = self.normal.total();
            self.aged_at = at;
            self.rebuild_at = FIRST;
        }
    }

    /// The table is to be made anew; that takes some tenths of a millisecond.
    #[inline]
    pub(super) fn due(&self) -> bool {
        self.normal_calls >= self.rebuild_at && self.change.is_none() && !self.seasonal.waits()
    }

    fn end_quarantine(&mut self) {
        for histogram in &mut self.quarantine {
            self.normal.merge(histogram);
            self.grown.merge(histogram);
            histogram.clear();
        }
        self.normal_calls = self.normal.total();
        self.newest = 0;
        if let (Some(middle), Some(low), Some(high)) = (
            self.normal.place(0.5),
            self.normal.place(0.25),
            self.normal.place(0.75),
        ) {
            self.seasonal.center(middle, 3.0 * (high - low) / 1.349);
        }
    }

    /// Makes table and limits anew from what is normal now.
    pub(super) fn rebuild(&mut self, calls: f64) {
        self.normal_calls = self.normal.total();
        let next = self.normal_calls as f64 * PARAMETERS.growth;
        self.rebuild_at = next as u64 + 8;
        let table = Table::new(&self.normal, PARAMETERS.clip);
        let quarantined = (self.newest + self.quarantine[1].total()) as usize;
        let mut ordered = self.last(usize::MAX);
        ordered.truncate(ordered.len().saturating_sub(quarantined));
        if ordered.len() >= 50 {
            self.ratios = dependence::ratios(&table, &ordered);
        }
        self.limits = limits::of(&table, &self.ratios, self.normal_calls as f64, calls);
        self.single = tail::limit(&self.normal, 0.1 / calls)
            .unwrap_or(u16::MAX)
            .min(BUCKETS as u16);
        self.table = Some(Box::new(table));
    }

    /// The change is told: from now on its end is looked for.
    pub(super) fn told(&mut self, template: usize) {
        let change = Change::new(template, &self.cusums.capped, self.recent.pushed());
        self.change = Some(change);
        self.cusums.clear();
        self.started = [self.recent.pushed(); TEMPLATES];
        self.quarantine = Default::default();
        self.newest = 0;
    }

    /// The change is over, or was too small to be told.
    pub(super) fn quiet(&mut self) {
        self.change = None;
        self.cusums.clear();
        self.started = [self.recent.pushed(); TEMPLATES];
        self.calm_from = self.recent.pushed() + 64;
    }
}
