//! Taking calls in: evidence for a group of templates, step by step.
//!
//! This is what each call of a watched tool costs most of: it is written so that the compiler makes vectors of it, as
//! wide as the processor has them.

use multiversion::multiversion;

use super::cusum::{Cusums, Limits, STEPS, Started, WINDOW};
use super::lanes::{self, GROUP, Group, Lanes};
use super::table::{Row, Table};
use super::template::TEMPLATES;

/// Takes in calls, `step` by `step`. `true`: after one of these steps evidence was such that it is to be looked at.
/// `pushed`: calls before them.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn run(
    cusums: &mut Cusums,
    (table, limits): (&Table, &Limits),
    calls: &[u16],
    step: usize,
    (pushed, started): (u64, &mut Started),
) -> bool {
    let mut scores = [Row::default(); STEPS];
    let steps = table.sums(calls, step, &mut scores);
    let mut alarm = false;
    for from in (0..TEMPLATES).step_by(GROUP) {
        let mut group = Running::new(cusums, limits, started, from);
        let mut looked = 0;
        for score in &scores[..steps] {
            let newest = step.min(calls.len() - looked);
            looked += newest;
            let score = table.nats(score, newest, from);
            let pushed = (pushed as u32).wrapping_add(looked as u32);
            group.step(&mut cusums.before, &score, pushed);
        }
        alarm |= group.is_alarming();
        cusums.capped.set_group(from, &group.capped);
        cusums.whole.set_group(from, &group.whole);
        started[from..from + GROUP].copy_from_slice(&group.started);
    }
    cusums.steps = ((usize::from(cusums.steps) + steps) % WINDOW) as u8;
    alarm
}

/// A group of templates while calls are taken in.
struct Running<'a> {
    limits: &'a Limits,
    from: usize,
    capped: Group,
    whole: Group,
    /// How far evidence was beyond what calls for a look.
    beyond: Group,
    /// After how many calls of all, the lower half, there was none.
    started: [u32; GROUP],
    place: usize,
}

impl<'a> Running<'a> {
    #[inline(always)]
    fn new(cusums: &Cusums, limits: &'a Limits, started: &Started, from: usize) -> Self {
        Self {
            limits,
            from,
            capped: cusums.capped.group(from),
            whole: cusums.whole.group(from),
            beyond: [f32::MIN; GROUP],
            started: std::array::from_fn(|lane| started[from + lane]),
            place: usize::from(cusums.steps) % WINDOW,
        }
    }

    /// Takes in what the calls of a step say. `pushed`: calls before and in it, the lower half.
    #[inline(always)]
    fn step(&mut self, before: &mut [Lanes; WINDOW], score: &Group, pushed: u32) {
        let Self { limits, from, .. } = *self;
        let of = |lanes: &Lanes| lanes.group(from);
        let oldest = of(&before[self.place]);
        let mut cap = lanes::sum(&self.capped, &of(&limits.step_cap));
        lanes::lower(&mut cap, &lanes::sum(&oldest, &of(&limits.window_cap)));
        lanes::lower(&mut cap, &of(&limits.drift));
        for evidence in [&mut self.capped, &mut self.whole] {
            lanes::add(evidence, score);
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
        for lane in 0..GROUP {
            self.started[lane] = if self.capped[lane] <= 0.0 {
                pushed
            } else {
                self.started[lane]
            };
        }
    }

    /// Whether evidence is to be looked at.
    fn is_alarming(&self) -> bool {
        self.beyond.iter().any(|beyond| *beyond >= 0.0)
    }
}
