//! The limits of all templates: how much evidence each of them needs, of one baseline.

use super::cusum::{Limits, NEAR, SUDDEN};
use super::lanes::Lanes;
use super::limit;
use super::table::{Clip, Table};
use super::template::{ALL, TEMPLATES, Template};

/// Parameters of the method; the lab found them on seeds of its own.
pub(super) struct Parameters {
    pub(super) clip: Clip,
    /// Share of false alarms: for what most changes are like, for all others, each.
    pub(super) share: fn(Template) -> f64,
    pub(super) caution: f64,
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
        Template::Location(_) | Template::Beyond(..) => 0.08,
        Template::Spread(factor) if factor > 1.0 => 0.08,
        _ => 0.015,
    },
    caution: 0.8,
    most_caution: 1.3,
    wary: 4.0,
    young: 2_000.0,
    step_cap: 0.25,
    window_cap: 0.75,
    burst: 1.5,
    prefer_location: 0.7,
    growth: [(0.0, 1.25), (1e4, 1.5), (1e5, 2.0)],
};

/// Limits for a baseline of `known` calls and one false alarm in `calls`.
pub(super) fn of(table: &Table, ratios: &[f32; TEMPLATES], known: f64, calls: f64) -> Limits {
    let mut limits = Limits::off();
    for (t, template) in ALL.iter().enumerate() {
        let weight = 1.0 / f64::from(ratios[t]).max(flocking(*template, known));
        let column = &table.columns[t];
        let information = column.information * weight;
        if information <= 0.0 || column.gain <= 0.0 {
            continue;
        }
        let exact = limit::cusum(calls / (PARAMETERS.share)(*template), information);
        let certain = limit::uncertain(exact, known * information, PARAMETERS.caution)
            .filter(|limit| *limit < PARAMETERS.most_caution * exact);
        // No template is left out: it may be the only one that sees a change.
        let limit = certain.unwrap_or(PARAMETERS.wary * exact);
        limits.weight[t] = weight as f32;
        limits.drift[t] = limit as f32;
        if certain.is_some() {
            limits.burst[t] = (limit + PARAMETERS.burst) as f32;
        }
        let (step, window) = if template.is_uneven() {
            (f32::MAX, PARAMETERS.window_cap)
        } else {
            (PARAMETERS.step_cap, f32::MAX)
        };
        limits.near[t] = limit as f32 - NEAR;
        limits.sudden[t] = limit as f32 * SUDDEN;
        limits.step_cap[t] = limit as f32 * step;
        limits.window_cap[t] = limit as f32 * window;
    }
    limits
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

    /// Whether enough is known of the baseline for this template. Where not, it tells of no burst.
    pub(super) fn is_certain(&self, template: usize) -> bool {
        self.burst[template] < f32::MAX
    }
}
