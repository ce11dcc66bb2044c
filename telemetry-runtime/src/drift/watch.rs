//! A watch: one tool's durations, from its first call on.

use super::change::Change;
use super::cusum::{Cusums, Limits, STEP, Started, WINDOW};
use super::finding::Finding;
use super::inbox::MOST;
use super::lanes::Lanes;
use super::learning::{FIRST, Places};
use super::limits::PARAMETERS;
use super::quarantine::Quarantine;
use super::recent::{Recent, less};
use super::season::Seasonal;
use super::table::Table;
use super::template::{ALL, TEMPLATES};
use super::{Histogram, Season, running};

/// One tool's durations.
#[derive(Debug)]
pub(super) struct Watch {
    /// Calls that are looked at after each other.
    pub(super) step: usize,
    pub(super) recent: Recent,
    /// What is known to be normal.
    pub(super) normal: Histogram,
    pub(super) normal_calls: u64,
    pub(super) quarantine: Quarantine,
    pub(super) rebuild_at: u64,
    pub(super) ratios: [f32; TEMPLATES],
    pub(super) table: Option<Box<Table>>,
    /// Where shares of the baseline were that it was made of, and how often that was halved since.
    pub(super) made_of: Places,
    pub(super) halvings: u8,
    pub(super) limits: Limits,
    pub(super) single: u16,
    pub(super) cusums: Cusums,
    /// The number of successes when a template's evidence was last none, its lower half.
    started: Started,
    pub(super) change: Option<Change>,
    /// No further anomaly is told before this call.
    calm_from: u64,
    /// A burst was seen: until this call it may end.
    burst_until: u64,
    /// Until this call nothing is told: caches are cold.
    pub(super) cold_until: u64,
    pub(super) seasonal: Seasonal,
    /// When the baseline was last found to be old enough to count less.
    pub(super) aged_at: u64,
    /// It is to, once a table is made of it.
    pub(super) ages: bool,
    /// What has become normal since it was last asked for, and whether all before is void.
    pub(super) grown: Histogram,
    pub(super) replaced: bool,
}

impl Watch {
    pub(super) fn new(season: Season) -> Self {
        Self {
            step: STEP,
            recent: Recent::default(),
            normal: Histogram::default(),
            normal_calls: 0,
            quarantine: Quarantine::default(),
            rebuild_at: FIRST,
            ratios: [1.0; TEMPLATES],
            table: None,
            made_of: Places::default(),
            halvings: 0,
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
            ages: false,
            grown: Histogram::default(),
            replaced: false,
        }
    }

    /// Looks at calls until something is found: at how many of them, and what. `whole`: none of those that have
    /// come with them has been looked at.
    pub(super) fn close(
        &mut self,
        calls: &[u16],
        whole: bool,
        at: u64,
    ) -> (usize, Option<Finding>) {
        // What a change does is no part of the day.
        let learns = whole && self.change.is_none();
        if learns && self.seasonal.learn(calls, at) {
            self.begin_anew();
        }
        let mut room = [0; MOST];
        let usual = without(calls, self.seasonal.offset(at), &mut room);
        let (looked, finding) = self.score(calls, usual, whole, at);
        if self.change.is_none() {
            self.learn(&usual[..looked], at);
        }
        (looked, finding)
    }

    /// The last calls but for the newest, without the season.
    pub(super) fn last(&self, count: usize, but: usize) -> Vec<u16> {
        self.recent.last(count, but, |at| self.seasonal.offset(at))
    }

    /// The calls from `call` on that are left, without the season.
    pub(super) fn since(&self, call: u64) -> Histogram {
        Histogram::of_buckets(&self.last((self.recent.pushed() - call) as usize, 0))
    }

    /// The same of `calls` that are `usual` without their season.
    fn score(
        &mut self,
        calls: &[u16],
        usual: &[u16],
        whole: bool,
        at: u64,
    ) -> (usize, Option<Finding>) {
        let pushed = self.recent.pushed();
        let step = self.step;
        let newest = &usual[..usual.len().min(step)];
        if self.change.is_some() {
            self.recent.extend(&calls[..newest.len()], at);
            return (newest.len(), self.follow(newest));
        }
        let Some(table) = self.table.as_deref() else {
            self.recent.extend(calls, at);
            return (calls.len(), None);
        };
        let longest = usual
            .iter()
            .fold(0, |longest, call| longest.max(*call as i16)) as u16;
        let careful =
            pushed < self.cold_until.max(self.burst_until) || longest >= self.single || !whole;
        if calls.len() > step && !careful {
            let (cusums, mut started) = (self.cusums.clone(), self.started);
            let known = (table, &self.limits);
            if !running::run(&mut self.cusums, known, usual, step, (pushed, &mut started)) {
                self.started = started;
                self.recent.extend(calls, at);
                return (calls.len(), None);
            }
            self.cusums = cusums;
        }
        let (known, place) = ((table, &self.limits), (pushed, &mut self.started));
        let alarm = running::run(&mut self.cusums, known, newest, step, place);
        self.recent.extend(&calls[..newest.len()], at);
        let finding = (alarm || careful)
            .then(|| self.examine(newest, step))
            .flatten();
        (newest.len(), finding)
    }

    /// What a change that was told does.
    fn follow(&mut self, calls: &[u16]) -> Option<Finding> {
        let table = self.table.as_deref()?;
        let pushed = self.recent.pushed();
        self.change
            .as_mut()?
            .step(table, &self.limits, calls, pushed)
    }

    /// Looks at the evidence, of which these calls are the newest.
    fn examine(&mut self, newest: &[u16], step: usize) -> Option<Finding> {
        let table = self.table.as_deref()?;
        let passed = self.cusums.exceeds(&self.limits);
        let pushed = self.recent.pushed();
        if pushed <= self.cold_until {
            self.cusums.hold_back(&self.limits);
            return None;
        }
        let in_burst = pushed <= self.burst_until;
        let longest_burst = (WINDOW * step) as u64;
        self.cusums
            .forget_bursts(table, &self.limits, (newest, step), in_burst);
        for (started, value) in self.started.iter_mut().zip(self.cusums.capped.iter()) {
            *started = if *value <= 0.0 {
                pushed as u32
            } else {
                *started
            };
        }
        if passed {
            let (template, share) = Cusums::leading(&self.cusums.whole, &self.limits.burst);
            // What has been gathered for longer is a change.
            if share >= 1.0 && pushed - self.started(template) <= longest_burst {
                self.cusums.whole = Lanes::default();
                self.burst_until = pushed + longest_burst;
                return self.anomaly(Finding::Burst(template));
            }
            if self.cusums.is_ripe(&self.limits) {
                return Some(Finding::Changed(self.winner()));
            }
            if share >= 1.0 {
                self.cusums.whole = Lanes::default();
            }
            return None;
        }
        let longest = newest.iter().copied().max()?;
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

    /// What was found is not told: it may be found again.
    pub(super) fn not_yet(&mut self) {
        self.calm_from = 0;
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
        self.quarantine.clear();
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

/// Calls without the season.
fn without<'a>(calls: &'a [u16], offset: i32, room: &'a mut [u16; MOST]) -> &'a [u16] {
    if offset == 0 {
        return calls;
    }
    let room = &mut room[..calls.len()];
    for (usual, call) in room.iter_mut().zip(calls) {
        *usual = less(*call, offset);
    }
    room
}
