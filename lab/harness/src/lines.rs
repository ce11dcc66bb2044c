//! A burst of log lines, written as fast as the threads can.

use std::thread;
use std::time::{Duration, Instant};

use crate::peer::Lines;
use crate::process::{cpu, peak_kib, resident_kib};
use crate::report::{self, Memory, Subject};

/// Bytes of a message.
pub const LENGTH: usize = 160;

/// So many lines, an equal share a thread; after `hold`, in which nothing is written, what is left
/// is sent.
#[must_use]
pub fn measure(
    lines: Lines,
    subject: Subject,
    url: &str,
    threads: u64,
    count: u64,
    hold: Duration,
) -> report::Lines {
    let (before, start) = (resident_kib(), cpu());
    let finish = (lines.start)(url);
    let begun = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let text = "x".repeat(LENGTH);
                (0..count / threads).for_each(|number| (lines.write)(thread, number, &text));
            });
        }
    });
    let written = begun.elapsed();
    let half = resident_kib();
    thread::sleep(hold);
    let end = resident_kib();
    let ended = Instant::now();
    let dropped = finish();
    report::Lines {
        subject,
        threads,
        lines: count / threads * threads,
        written_seconds: written.as_secs_f64(),
        drain_seconds: ended.elapsed().as_secs_f64(),
        cpu_seconds: (cpu() - start).as_secs_f64(),
        memory: Memory {
            before,
            half,
            end,
            peak: peak_kib(),
        },
        dropped,
    }
}
