//! A watch: one tool's durations, from its first call on.

use super::change::Change;
use super::cusum::{Cusums, Limits, STEP};
use super::finding::Finding;
use super::learning::FIRST;
use super::limits::PARAMETERS;
use super::recent::{Recent, less};
use super::season::Seasonal;
use super::table::Table;
use super::template::{ALL, TEMPLATES};
use super::{Histogram, Season};

/// Calls looked at together.
pub(super) const BATCH: usize = STEP;
/// Calls that a burst may last.
const BURST: u64 = 32;

/// One tool's durations.
#[derive(Debug)]
pub(super) struct Watch {
    pending: [u16; BATCH],
    waiting: u8,
    pub(super) recent: Recent,
    /// What is known to be normal.
    pub(super) normal: Histogram,
    pub(super) normal_calls: u64,
    /// How many of the newest calls, and of those before them, are not yet taken for normal.
    pub(super) quarantine: (u64, u64),
    pub(super) rebuild_at: u64,
    pub(super) ratios: [f32; TEMPLATES],
    pub(super) table: Option<Box<Table>>,
    pub(super) limits: Limits,
    pub(super) single: u16,
    pub(super) cusums: Cusums,
    /// The number of successes when a template's evidence was last none, its lower half.
    started: [u32; TEMPLATES],
    pub(super) change: Option<Change>,
    /// No further anomaly is told before this call.
    calm_from: u64,
    /// A burst was seen: until this call it may end.
    burst_until: u64,
    /// Until this call nothing is told: caches are cold.
    pub(super) cold_until: u64,
    pub(super) seasonal: Seasonal,
    /// When the baseline was last made to count less.
    pub(super) aged_at: u64,
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
            quarantine: (0, 0),
            rebuild_at: FIRST,
            ratios: [1.0; TEMPLATES],
            table: None,
            limits: Limits::off(),
            single: u16::MAX,
            cusums: Cusums::new(),
            started: [0; TEMPLATES],
            change: None,
            calm_from: 0,
            burst_until: 0,
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
            let calls = batch.len();
            self.learn(calls, at);
        }
        finding
    }

    /// The last calls, without the season.
    pub(super) fn last(&self, count: usize) -> Vec<u16> {
        self.recent.last(count, |at| self.seasonal.offset(at))
    }

    /// The calls from `call` on that are left, without the season.
    pub(super) fn since(&self, call: u64) -> Histogram {
        Histogram::of_buckets(&self.last((self.recent.pushed() - call) as usize))
    }

    fn score(&mut self, batch: &[u16]) -> Option<Finding> {
        let table = self.table.as_deref()?;
        if let Some(change) = &mut self.change {
            return change.step(table, &self.limits, batch, self.recent.pushed());
        }
        self.cusums.step(table, &self.limits, batch);
        let passed = self.cusums.exceeds(&self.limits);
        let pushed = self.recent.pushed();
        if pushed <= self.cold_until {
            self.cusums.hold_back(&self.limits);
            return None;
        }
        let in_burst = pushed <= self.burst_until;
        self.cusums
            .forget_bursts(table, &self.limits, batch, in_burst);
        for (started, value) in self.started.iter_mut().zip(&self.cusums.capped) {
            *started = if *value <= 0.0 {
                pushed as u32
            } else {
                *started
            };
        }
        if passed {
            let (template, share) = Cusums::leading(&self.cusums.whole, &self.limits.burst);
            // What has been gathered for longer is a change.
            if share >= 1.0 && pushed - self.started(template) <= BURST {
                self.cusums.whole = [0.0; TEMPLATES];
                self.burst_until = pushed + BURST;
                return self.anomaly(Finding::Burst(template));
            }
            if self.cusums.is_ripe(&self.limits) {
                return Some(Finding::Changed(self.winner()));
            }
            if share >= 1.0 {
                self.cusums.whole = [0.0; TEMPLATES];
            }
            return None;
        }
        let longest = batch.iter().copied().max()?;
        let single = (longest >= self.single).then_some(Finding::Single(longest));
        single.and_then(|single| self.anomaly(single))
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
        let pushed = self.recent.pushed();
        pushed - u64::from((pushed as u32).wrapping_sub(self.started[template]))
    }

    pub(super) fn told(&mut self, template: usize) {
        // What is told while a change lasts has not been gathered here.
        let mut evidence = self.cusums.capped;
        if self.limits.weight[template] > 0.0 {
            evidence[template] = evidence[template].max(self.limits.drift[template]);
        }
        let change = Change::new(template, &evidence, self.recent.pushed());
        self.change = Some(change);
        self.cusums.clear();
        self.started_now();
        self.quarantine = (0, 0);
    }

    /// The change is over, or was too small to be told.
    pub(super) fn quiet(&mut self) {
        self.change = None;
        self.cusums.clear();
        self.started_now();
        self.calm_from = self.recent.pushed() + 64;
    }

    /// Whatever there is evidence for has begun here.
    pub(super) fn started_now(&mut self) {
        self.started = [self.recent.pushed() as u32; TEMPLATES];
    }
}
