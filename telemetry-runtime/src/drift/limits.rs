//! The limits of all templates: how much evidence each of them needs, of one baseline.

use std::ops::RangeBounds;

use super::cusum::{Limits, NEAR, SUDDEN};
use super::lanes::Lanes;
use super::limit;
use super::table::{Clip, Scores};
use super::template::{ALL, TEMPLATES, Template};

/// A location is small up to this logarithm: a change of a fifth.
const SMALL: f64 = 0.2;

/// Parameters of the method; the lab found them on seeds of its own.
pub(super) struct Parameters {
    pub(super) clip: Clip,
    /// Share of false alarms. Small changes of all calls take the most calls to see, and gain the most by a
    /// larger one; of a large one, a higher limit is a call or two.
    pub(super) share: fn(Template) -> f64,
    /// What each of the large ones has besides of the share of small ones of which too little is known.
    pub(super) idle: f64,
    pub(super) caution: f64,
    /// How much more of it there is where calls resemble their neighbours: by how much is an estimate, too.
    pub(super) neighbours: f64,
    /// Where a limit were more than so many times that of a known baseline, too little is known to say
    /// what it should be.
    pub(super) most_caution: f64,
    /// There it is so many times that of a known baseline: large changes reach it, chance does not.
    pub(super) wary: f64,
    /// A baseline of fewer calls has not seen how slow calls flock together.
    pub(super) young: f64,
    /// What a step of even evidence, and a window of uneven evidence, may add, by the limit.
    pub(super) step_cap: f32,
    pub(super) window_cap: f32,
    /// How much further evidence has to go for a burst, nats: that much of independent calls.
    pub(super) burst: f64,
    pub(super) prefer_location: f32,
    /// By how many times as many calls, from so many on, a table is made anew: the more it knows, the less
    /// more of them change.
    pub(super) growth: [(f64, f64); 3],
}

pub(super) static PARAMETERS: Parameters = Parameters {
    clip: Clip {
        common: 4.0,
        rare: 10.0,
        doubt: 0.003,
    },
    share: |template| match template {
        Template::Location(factor) => match factor.ln().abs() {
            ..0.07 => 0.12,
            ..SMALL => 0.19,
            ..0.5 => 0.013,
            _ => 0.005,
        },
        Template::Beyond(..) => 0.1,
        Template::Spread(factor) if factor > 1.0 => 0.1,
        Template::Spread(_) => 0.005,
        Template::Mass(..) | Template::Tail(..) => 0.006,
    },
    idle: 0.2,
    caution: 0.87,
    neighbours: 0.6,
    most_caution: 1.3,
    wary: 5.0,
    young: 2_000.0,
    step_cap: 0.25,
    window_cap: 0.7,
    burst: 0.8,
    prefer_location: 0.7,
    growth: [(0.0, 1.25), (1e4, 1.5), (1e5, 2.0)],
};

/// Limits for a baseline of `known` calls and one false alarm in `calls`.
pub(super) fn of(scores: &Scores, ratios: &[f32; TEMPLATES], known: f64, calls: f64) -> Limits {
    let weight = |t: usize| 1.0 / f64::from(ratios[t]).max(flocking(ALL[t], known));
    let limit = |t: usize, share: f64| {
        let information = scores.columns[t].information * weight(t);
        let seen = information > 0.0 && scores.columns[t].gain > 0.0;
        let caution = PARAMETERS.caution * (1.0 + PARAMETERS.neighbours * (1.0 - weight(t)));
        seen.then(|| Limit::new(calls / share, information, known / caution))
    };
    let share = |t: usize| (PARAMETERS.share)(ALL[t]);
    let is_idle = |t: &usize| !limit(*t, share(*t)).is_some_and(|limit| limit.certain);
    let small = (0..TEMPLATES).filter(|t| is_location(ALL[*t], ..SMALL));
    let idle: f64 = small.filter(is_idle).map(share).sum();
    let mut limits = Limits::off();
    for (t, template) in ALL.iter().enumerate() {
        let more = if is_location(*template, SMALL..) {
            PARAMETERS.idle * idle * weight(t)
        } else {
            0.0
        };
        if let Some(limit) = limit(t, share(t) + more) {
            limits.set(t, &limit, weight(t));
        }
    }
    limits
}

/// The limit of one template.
struct Limit {
    evidence: f64,
    /// Enough is known of the baseline for it to be right.
    certain: bool,
}

impl Limit {
    fn new(calls: f64, information: f64, known: f64) -> Self {
        let exact = limit::cusum(calls, information);
        let certain = limit::uncertain(exact, known * information)
            .filter(|limit| *limit < PARAMETERS.most_caution * exact);
        Self {
            // No template is left out: it may be the only one that sees a change.
            evidence: certain.unwrap_or(PARAMETERS.wary * exact),
            certain: certain.is_some(),
        }
    }
}

fn is_location(template: Template, sizes: impl RangeBounds<f64>) -> bool {
    matches!(template, Template::Location(factor) if sizes.contains(&factor.ln().abs()))
}

/// The variance ratio of rare calls that a young baseline has to be taken for: they come in flocks (a
/// pause, a neighbour, a full queue), which few calls do not show.
fn flocking(template: Template, known: f64) -> f64 {
    if template.is_rare() {
        (PARAMETERS.young / known).powi(2)
    } else {
        1.0
    }
}

impl Limits {
    pub(super) fn off() -> Self {
        Self {
            weight: Lanes::default(),
            drift: Lanes([f32::MAX; TEMPLATES]),
            burst: Lanes([f32::MAX; TEMPLATES]),
            step_cap: Lanes::default(),
            window_cap: Lanes::default(),
            near: Lanes([f32::MAX; TEMPLATES]),
            sudden: Lanes([f32::MAX; TEMPLATES]),
        }
    }

    fn set(&mut self, t: usize, limit: &Limit, weight: f64) {
        let evidence = limit.evidence as f32;
        self.weight[t] = weight as f32;
        self.drift[t] = evidence;
        self.near[t] = evidence - NEAR.min(0.5 * evidence);
        self.sudden[t] = evidence * SUDDEN;
        if limit.certain {
            self.burst[t] = evidence + (PARAMETERS.burst / weight.sqrt()) as f32;
        }
        let (step, window) = if ALL[t].is_uneven() {
            (f32::MAX, PARAMETERS.window_cap)
        } else {
            (PARAMETERS.step_cap, f32::MAX)
        };
        self.step_cap[t] = evidence * step;
        self.window_cap[t] = evidence * window;
    }

    /// Whether enough is known of the baseline for this template. Where not, it tells of no burst.
    pub(super) fn is_certain(&self, template: usize) -> bool {
        self.burst[template] < f32::MAX
    }
}
