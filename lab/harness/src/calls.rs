//! Costs in the calling thread: batches, interleaved.

use std::panic;
use std::thread;
use std::time::Instant;

use crate::case::{Calls, Case};
use crate::floor;
use crate::peer::{Peer, Target};
use crate::program::subject;
use crate::report::{self, CallCost};
use crate::spread::Spread;

/// Calls between two readings of the clock: enough that it does not count, few enough that no
/// queue fills.
pub const BATCH: u64 = 1000;

/// The case of a call that is the first of its thread.
const FIRST: &str = "first call of a thread";

/// Measures all cases of a variant; `tight` loops too.
pub fn measure<P: Peer>(
    variant: &str,
    target: &Target,
    rounds: usize,
    tight: bool,
) -> report::Calls {
    // Of the case that panics.
    panic::set_hook(Box::new(|_| {}));
    let before = interleaved(&P::cases_before_start(variant), rounds, || {});
    let peer = P::start(variant, target);
    let subject = subject::<P>(variant, peer.settings());

    let mut cases = floor::cases();
    cases.extend(P::cases(variant));
    let mut costs = interleaved(&cases, rounds, || peer.settle());
    costs.extend(before);
    if let Some(plain) = cases.get(floor::cases().len()) {
        costs.push(first_of_threads(plain, rounds.min(200), || peer.settle()));
    }
    if tight {
        for (case, cost) in cases.iter().zip(&mut costs) {
            cost.tight = Some(tight_loop(case, rounds).minus(cost.bare));
            peer.settle();
        }
    }
    peer.finish();

    let floor = costs[0].ns.median;
    for cost in &mut costs {
        cost.floors = cost.ns.median / floor;
    }
    report::Calls {
        subject,
        batch: BATCH,
        rounds,
        cases: costs,
    }
}

/// Each round makes one batch of each case, so that what the machine does besides meets all
/// alike; `settle` empties queues before each.
fn interleaved(cases: &[Case], rounds: usize, settle: impl Fn()) -> Vec<CallCost> {
    for case in cases {
        (case.with)(BATCH);
    }
    let mut with = vec![Vec::with_capacity(rounds); cases.len()];
    let mut bare = with.clone();
    for _ in 0..rounds {
        for (index, case) in cases.iter().enumerate() {
            settle();
            bare[index].push(timed(&case.bare));
            with[index].push(timed(&case.with));
        }
    }
    let costs = cases.iter().zip(with.into_iter().zip(bare));
    costs
        .map(|(case, (with, bare))| cost(case.name, with, bare))
        .collect()
}

/// Of one batch, nanoseconds a call.
fn timed(calls: &Calls) -> f64 {
    let start = Instant::now();
    calls(BATCH);
    start.elapsed().as_nanos() as f64 / BATCH as f64
}

/// Nothing is emptied between the batches: what the library's own threads do then is part of
/// what is measured, as far as it holds the caller up.
fn tight_loop(case: &Case, rounds: usize) -> Spread {
    Spread::of((0..rounds).map(|_| timed(&case.with)).collect())
}

/// One call in each of many threads, alive one after the other.
fn first_of_threads(plain: &Case, threads: usize, settle: impl Fn()) -> CallCost {
    let clock = quanta::Clock::new();
    let once = |calls: &Calls| {
        let start = clock.raw();
        calls(1);
        clock.delta_as_nanos(start, clock.raw()) as f64
    };
    let in_new_thread = |calls: &Calls| {
        thread::scope(|scope| scope.spawn(|| once(calls)).join().unwrap_or(f64::NAN))
    };
    let mut with = Vec::with_capacity(threads);
    let mut bare = Vec::with_capacity(threads);
    for _ in 0..threads {
        settle();
        bare.push(in_new_thread(&plain.bare));
        with.push(in_new_thread(&plain.with));
    }
    cost(FIRST, with, bare)
}

fn cost(case: &str, with: Vec<f64>, bare: Vec<f64>) -> CallCost {
    let bare = Spread::of(bare);
    CallCost {
        case: case.to_owned(),
        bare,
        ns: Spread::of(with).minus(bare),
        tight: None,
        floors: f64::NAN,
    }
}

/// Makes calls that `callgrind` counts: `--toggle-collect='*counted_calls*'`. Gives their
/// number.
pub fn count<P: Peer>(
    variant: &str,
    target: &Target,
    case: &str,
    calls: u64,
    bare: bool,
) -> Result<(), String> {
    panic::set_hook(Box::new(|_| {}));
    let peer = P::start(variant, target);
    let mut cases = floor::cases();
    cases.extend(P::cases(variant));
    let found = cases.iter().find(|found| found.name == case);
    let found = found.ok_or_else(|| format!("there is no case `{case}`"))?;
    let chosen = if bare { &found.bare } else { &found.with };
    chosen(BATCH);
    peer.settle();
    counted_calls(chosen, calls);
    peer.finish();
    Ok(())
}

#[inline(never)]
fn counted_calls(calls: &Calls, count: u64) {
    calls(count);
}
