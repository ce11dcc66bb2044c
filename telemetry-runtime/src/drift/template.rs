//! A template: one way in which a density could change.

use super::density::{Counts, Density};

/// Templates watched at once: as many as fill a cache line with `f32`.
pub(super) const TEMPLATES: usize = 16;

/// What a template says has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Template {
    /// All durations, by this factor.
    Location(f64),
    /// Their distance from the median, on the logarithmic scale, by this factor.
    Spread(f64),
    /// The share of calls above this quantile, by this factor.
    Mass(f64, f64),
    /// How far calls above this quantile lie beyond it, on the logarithmic scale, by this factor.
    Tail(f64, f64),
    /// Calls above this quantile, by either of these factors.
    Beyond(f64, [f64; 2]),
}

use Template::{Beyond, Location, Mass, Spread, Tail};

pub(super) static ALL: [Template; TEMPLATES] = [
    Location(1.05),
    Location(1.10),
    Location(1.17),
    Location(1.40),
    Location(2.0),
    Location(4.0),
    Location(1.0 / 1.05),
    Location(1.0 / 1.10),
    Location(1.0 / 1.17),
    Location(1.0 / 1.45),
    Spread(1.5),
    Spread(1.0 / 1.5),
    Mass(0.90, 2.0),
    Mass(0.99, 3.0),
    Beyond(0.98, [2.0, 3.5]),
    Tail(0.97, 5.0),
];

impl Template {
    pub(super) fn is_location(self) -> bool {
        matches!(self, Location(_))
    }

    /// The place of the location that is nearest to this factor.
    pub(super) fn nearest(factor: f64) -> Option<usize> {
        let off = |template: &Template| match template {
            Location(other) => Some((factor / other).ln().abs()),
            _ => None,
        };
        let offs = ALL.iter().enumerate();
        let offs = offs.filter_map(|(place, template)| Some((place, off(template)?)));
        let nearest = offs.min_by(|a, b| a.1.total_cmp(&b.1));
        nearest.map(|(place, _)| place)
    }

    /// Whether a few rare calls make its evidence, rather than most of them.
    pub(super) fn is_rare(self) -> bool {
        matches!(self, Mass(..) | Tail(..) | Beyond(..))
    }

    /// Whether its evidence comes in large pieces, so that only that of many calls is capped.
    pub(super) fn is_uneven(self) -> bool {
        !self.is_location()
    }

    /// What the density becomes, not yet scaled to sum to 1. `width`: a bucket, in nats.
    pub(super) fn apply(self, density: &Density, counts: &Counts, width: f64) -> Vec<f64> {
        let f = &density.f;
        let middle = counts.quantile(0.5) - 0.5;
        match self {
            Location(factor) => {
                let shift = factor.ln() / width;
                (0..f.len()).map(|b| at(f, b as f64 - shift)).collect()
            }
            Spread(factor) => (0..f.len())
                .map(|b| at(f, middle + (b as f64 - middle) / factor) / factor)
                .collect(),
            Mass(q, factor) => {
                let from = counts.quantile(q);
                let above: f64 = f.iter().skip(from.ceil() as usize).sum();
                let rest = (1.0 - factor * above).max(0.05) / (1.0 - above).max(0.05);
                let factors = |b: usize| if b as f64 >= from { factor } else { rest };
                f.iter().enumerate().map(|(b, f)| f * factors(b)).collect()
            }
            Beyond(q, factors) => {
                let from = counts.quantile(q);
                let beyond = |b: usize, factor: f64| {
                    let place = b as f64 - factor.ln() / width;
                    if place + 0.5 < from {
                        0.0
                    } else {
                        at(f, place)
                    }
                };
                (0..f.len())
                    .map(|b| {
                        let rest = if (b as f64 + 0.5) < from { f[b] } else { 0.0 };
                        rest + 0.5 * (beyond(b, factors[0]) + beyond(b, factors[1]))
                    })
                    .collect()
            }
            Tail(q, factor) => {
                let from = counts.quantile(q);
                (0..f.len())
                    .map(|b| match b as f64 + 0.5 - from {
                        beyond if beyond < 0.0 => f[b],
                        beyond => at(f, from - 0.5 + beyond / factor) / factor,
                    })
                    .collect()
            }
        }
    }
}

/// The density between buckets.
fn at(f: &[f64], place: f64) -> f64 {
    if place < 0.0 || place >= (f.len() - 1) as f64 {
        return 0.0;
    }
    let (below, share) = (place as usize, place.fract());
    f[below] * (1.0 - share) + f[below + 1] * share
}
