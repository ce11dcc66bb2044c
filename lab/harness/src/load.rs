//! What a program under load pays: at a steady rate, and without a pause.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls::BATCH;
use crate::case::{Calls, Case};
use crate::latency::{Latencies, Quantiles};
use crate::peer::{Peer, Target};
use crate::process::{cpu, peak_kib, resident_kib};
use crate::program::subject;
use crate::report::{self, Memory};

/// From one burst of calls to the next.
const PERIOD: Duration = Duration::from_millis(1);

/// A plain call, so often a second, in bursts every millisecond; then what is left is sent.
pub fn steady<P: Peer>(
    variant: &str,
    target: &Target,
    rate: u64,
    time: Duration,
) -> report::Steady {
    let plain = plain::<P>(variant);
    // The loop alone, its sleeping and its clocks: all of it is taken off below.
    let alone = paced(&plain.bare, rate, time / 2);
    let before = resident_kib();
    let start = cpu();
    let peer = P::start(variant, target);
    let subject = subject::<P>(variant, peer.settings());
    let with = paced(&plain.with, rate, time);
    let finish = peer.finish();
    let share = |cpu: Duration, run: &Paced| cpu.as_secs_f64() / run.time.as_secs_f64();
    let of_loop = share(alone.cpu, &alone);
    report::Steady {
        subject,
        rate,
        seconds: with.time.as_secs_f64(),
        calls: with.calls,
        // With set-up and shutdown, whose sending is part of the price.
        cpu: share(cpu() - start, &with) - of_loop,
        cpu_of_loop: of_loop,
        memory: Memory::since(before, with.resident),
        added_ns: with.latencies.minus(alone.latencies),
        bare_ns: alone.latencies,
        finish: finish.into(),
    }
}

struct Paced {
    calls: u64,
    time: Duration,
    cpu: Duration,
    latencies: Quantiles,
    /// KiB at half time and at the end.
    resident: [u64; 2],
}

fn paced(call: &Calls, rate: u64, time: Duration) -> Paced {
    let clock = quanta::Clock::new();
    let unit = clock.delta_as_nanos(0, 1 << 32) as f64 / (1_u64 << 32) as f64;
    let mut latencies = Latencies::default();
    let (start, cpu_before) = (Instant::now(), cpu());
    let (mut calls, mut half) = (0, 0);
    loop {
        let elapsed = start.elapsed();
        let until = elapsed.min(time);
        // What a late wake-up left out is made up for.
        let due = (until.as_secs_f64() * rate as f64) as u64;
        while calls < due {
            let before = clock.raw();
            call(1);
            latencies.add(clock.raw().saturating_sub(before));
            calls += 1;
        }
        if half == 0 && elapsed >= time / 2 {
            half = resident_kib();
        }
        if elapsed >= time {
            break;
        }
        let next = PERIOD * (elapsed.as_millis() as u32 + 1);
        thread::sleep(next.saturating_sub(start.elapsed()));
    }
    Paced {
        calls,
        time: start.elapsed(),
        cpu: cpu() - cpu_before,
        latencies: latencies.quantiles(unit),
        resident: [half, resident_kib()],
    }
}

/// A plain call without a pause, in so many threads.
pub fn overload<P: Peer>(
    variant: &str,
    target: &Target,
    threads: usize,
    time: Duration,
) -> report::Overload {
    let plain = plain::<P>(variant);
    let before = resident_kib();
    let start = cpu();
    let peer = P::start(variant, target);
    let subject = subject::<P>(variant, peer.settings());
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let mut half = 0;
    let calls = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut calls = 0;
                    while !stop.load(Relaxed) {
                        (plain.with)(BATCH);
                        calls += BATCH;
                    }
                    calls
                })
            })
            .collect();
        thread::sleep(time / 2);
        half = resident_kib();
        thread::sleep(time / 2);
        stop.store(true, Relaxed);
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .sum()
    });
    let end = resident_kib();
    let took = begun.elapsed();
    let ended = Instant::now();
    let finish = peer.finish();
    report::Overload {
        subject,
        threads,
        seconds: took.as_secs_f64(),
        calls,
        cpu: (cpu() - start).as_secs_f64() / took.as_secs_f64(),
        memory: Memory::since(before, [half, end]),
        drain_seconds: ended.elapsed().as_secs_f64(),
        finish: finish.into(),
    }
}

fn plain<P: Peer>(variant: &str) -> Case {
    P::cases(variant).swap_remove(0)
}

impl Memory {
    fn since(before: u64, [half, end]: [u64; 2]) -> Self {
        Self {
            before,
            half,
            end,
            peak: peak_kib(),
        }
    }
}
