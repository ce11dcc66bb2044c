//! The limits of all templates: how much evidence each of them needs, of one baseline.

use super::cusum::Limits;
use super::limit;
use super::table::{Clip, Table};
use super::template::{ALL, TEMPLATES, Template};

/// Parameters of the method; the lab found them on seeds of its own.
pub(super) struct Parameters {
    pub(super) clip: Clip,
    /// Share of false alarms for location templates, for all others, each.
    pub(super) share: fn(Template) -> f64,
    pub(super) caution: f64,
    /// A template whose limit is more than so many times what it were of a known baseline takes no part.
    pub(super) most_caution: f64,
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
    share: |template| if template.is_location() { 0.09 } else { 0.03 },
    caution: 0.8,
    most_caution: 1.4,
    step_cap: 0.25,
    window_cap: 0.66,
    burst: 1.5,
    prefer_location: 0.7,
    growth: [(0.0, 1.25), (1e4, 1.5), (1e5, 2.0)],
};

/// Limits for a baseline of `known` calls and one false alarm in `calls`.
pub(super) fn of(table: &Table, ratios: &[f32; TEMPLATES], known: f64, calls: f64) -> Limits {
    let mut limits = Limits::off();
    for (t, template) in ALL.iter().enumerate() {
        let weight = 1.0 / f64::from(ratios[t]);
        let column = &table.columns[t];
        let information = column.information * weight;
        if information <= 0.0 || column.gain <= 0.0 {
            continue;
        }
        let exact = limit::cusum(calls / (PARAMETERS.share)(*template), information);
        let limit = limit::uncertain(exact, known * information, PARAMETERS.caution);
        let Some(limit) = limit.filter(|limit| *limit < PARAMETERS.most_caution * exact) else {
            continue;
        };
        limits.weight[t] = weight as f32;
        limits.drift[t] = limit as f32;
        limits.burst[t] = (limit + PARAMETERS.burst) as f32;
        let (step, window) = if template.is_uneven() {
            (f32::MAX, PARAMETERS.window_cap)
        } else {
            (PARAMETERS.step_cap, f32::MAX)
        };
        limits.step_cap[t] = limit as f32 * step;
        limits.window_cap[t] = limit as f32 * window;
    }
    limits
}

impl Limits {
    pub(super) fn off() -> Self {
        Self {
            weight: [0.0; TEMPLATES],
            drift: [f32::MAX; TEMPLATES],
            burst: [f32::MAX; TEMPLATES],
            step_cap: [0.0; TEMPLATES],
            window_cap: [0.0; TEMPLATES],
        }
    }
}
