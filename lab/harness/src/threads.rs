//! What several threads get done together.

use std::hint;
use std::panic;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls::BATCH;
use crate::case::Calls;
use crate::peer::{Peer, Target};
use crate::process::thread_cpu;
use crate::program::subject;
use crate::report::{self, Throughput};
use crate::spread::Spread;

/// A tight loop's length.
const LOOP: Duration = Duration::from_millis(300);
/// Tight loops of each number of threads.
const LOOPS: usize = 7;

/// One, two and four threads, on the same function and on one each.
pub fn measure<P: Peer>(variant: &str, target: &Target, rounds: usize) -> report::Threads {
    panic::set_hook(Box::new(|_| {}));
    let peer = P::start(variant, target);
    let subject = subject::<P>(variant, peer.settings());
    let cases = P::cases(variant);
    let apart = P::apart(variant);
    let mut kinds = vec![
        ("no instrumentation", vec![&cases[0].bare; 4]),
        ("the same function", vec![&cases[0].with; 4]),
    ];
    if !apart.is_empty() {
        kinds.push(("a function each", apart.iter().collect()));
    }
    let settle = || peer.settle();
    let mut results = Vec::new();
    for (what, calls) in kinds {
        for threads in [1, 2, 4] {
            let calls = &calls[..threads];
            let (wall, cpu) = loops(calls, settle);
            results.push(Throughput {
                what: what.to_owned(),
                threads,
                // More threads than cores take turns: their bursts would measure the scheduler.
                burst_ns: (threads <= 2).then(|| bursts(calls, rounds, settle)),
                loop_wall_ns: wall,
                loop_cpu_ns: cpu,
            });
        }
    }
    peer.finish();
    report::Threads { subject, results }
}

/// A batch in each thread at once, queues emptied between; nanoseconds a call of the slower.
fn bursts(calls: &[&Calls], rounds: usize, settle: impl Fn()) -> Spread {
    let all = Barrier::new(calls.len() + 1);
    let arrived = AtomicUsize::new(0);
    let work = |own: &Calls, round: usize| {
        all.wait();
        // Woken at different times: they start when the last one is there.
        arrived.fetch_add(1, Relaxed);
        while arrived.load(Relaxed) < (round + 1) * calls.len() {
            hint::spin_loop();
        }
        let start = Instant::now();
        own(BATCH);
        let took = start.elapsed();
        all.wait();
        took.as_nanos() as f64 / BATCH as f64
    };
    let of_each = |own: &Calls| -> Vec<f64> { (0..rounds).map(|round| work(own, round)).collect() };
    let slowest = thread::scope(|scope| {
        let of_each = &of_each;
        let start = |own| scope.spawn(move || of_each(own));
        let workers: Vec<_> = calls.iter().map(|&own| start(own)).collect();
        for _ in 0..rounds {
            settle();
            all.wait();
            all.wait();
        }
        let times = workers.into_iter().filter_map(|worker| worker.join().ok());
        times.fold(vec![0.0; rounds], |slowest, times| {
            let both = slowest.into_iter().zip(times);
            both.map(|(a, b)| f64::max(a, b)).collect()
        })
    });
    Spread::of(slowest)
}

/// Calls without a pause. Nanoseconds a call, of all threads together: of the clock on the
/// wall, and of the processors' time that the callers took, which the neighbours on a shared
/// machine do not change much.
fn loops(calls: &[&Calls], settle: impl Fn()) -> (Spread, Spread) {
    let once = || {
        let stop = AtomicBool::new(false);
        let start = Instant::now();
        let until_stop = |calls: &Calls| {
            let before = thread_cpu();
            let mut count = 0;
            while !stop.load(Relaxed) {
                calls(BATCH);
                count += BATCH;
            }
            (count, thread_cpu() - before)
        };
        let (count, cpu, wall) = thread::scope(|scope| {
            let until_stop = &until_stop;
            let workers: Vec<_> = calls
                .iter()
                .map(|&calls| scope.spawn(move || until_stop(calls)))
                .collect();
            thread::sleep(LOOP);
            stop.store(true, Relaxed);
            let wall = start.elapsed();
            let counts = workers.into_iter().filter_map(|worker| worker.join().ok());
            let (count, cpu) = counts.fold((0, Duration::ZERO), |(count, cpu), (more, took)| {
                (count + more, cpu + took)
            });
            (count, cpu, wall)
        });
        settle();
        let per_call = |time: Duration| time.as_nanos() as f64 / count as f64;
        (per_call(wall), per_call(cpu))
    };
    let (wall, cpu) = (0..LOOPS).map(|_| once()).unzip();
    (Spread::of(wall), Spread::of(cpu))
}
