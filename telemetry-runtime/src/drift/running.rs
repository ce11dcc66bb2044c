//! Taking calls in: evidence for a group of templates, step by step.
//!
//! This is what each call of a watched tool costs most of: it is written so that the compiler makes vectors of it.

use super::cusum::{Cusums, Limits, WINDOW};
use super::lanes::{self, GROUP, Group, Lanes};
use super::table::Row;

/// A group of templates while calls are taken in.
pub(super) struct Running<'a> {
    limits: &'a Limits,
    from: usize,
    pub(super) capped: Group,
    pub(super) whole: Group,
    /// How far evidence was beyond what calls for a look.
    beyond: Group,
    /// Steps so far, and after which of them there was no evidence, counted from 1.
    steps: f32,
    pub(super) none: Group,
    place: usize,
}

impl<'a> Running<'a> {
    #[inline(always)]
    pub(super) fn new(cusums: &Cusums, limits: &'a Limits, from: usize) -> Self {
        Self {
            limits,
            from,
            capped: cusums.capped.group(from),
            whole: cusums.whole.group(from),
            beyond: [f32::MIN; GROUP],
            steps: 0.0,
            none: [0.0; GROUP],
            place: usize::from(cusums.steps) % WINDOW,
        }
    }

    /// Takes in what the calls of a step say.
    #[inline(always)]
    pub(super) fn step(&mut self, before: &mut [Lanes; WINDOW], rows: &[&Row]) {
        let Self { limits, from, .. } = *self;
        let of = |lanes: &Lanes| lanes.group(from);
        let mut score = [0.0; GROUP];
        for row in rows {
            lanes::add(&mut score, &of(row));
        }
        let oldest = of(&before[self.place]);
        let mut cap = lanes::sum(&self.capped, &of(&limits.step_cap));
        lanes::lower(&mut cap, &lanes::sum(&oldest, &of(&limits.window_cap)));
        lanes::lower(&mut cap, &of(&limits.drift));
        for evidence in [&mut self.capped, &mut self.whole] {
            lanes::add(evidence, &score);
            lanes::raise(evidence, &[0.0; GROUP]);
        }
        lanes::lower(&mut self.capped, &cap);
        before[self.place].set_group(from, &self.capped);
        self.place = (self.place + 1) % WINDOW;
        let grown = lanes::difference(&self.capped, &of(&before[self.place]));
        for (evidence, limit) in [
            (&grown, &limits.sudden),
            (&self.capped, &limits.near),
            (&self.whole, &limits.burst),
        ] {
            lanes::raise(&mut self.beyond, &lanes::difference(evidence, &of(limit)));
        }
        self.steps += 1.0;
        for lane in 0..GROUP {
            self.none[lane] = if self.capped[lane] <= 0.0 {
                self.steps
            } else {
                self.none[lane]
            };
        }
    }

    /// Whether evidence is to be looked at.
    pub(super) fn is_alarming(&self) -> bool {
        self.beyond.iter().any(|beyond| *beyond >= 0.0)
    }
}
