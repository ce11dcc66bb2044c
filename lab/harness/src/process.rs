//! What this process has used, as Linux counts it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads, those that have ended too.
#[must_use]
pub fn cpu() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Processor time of the calling thread.
#[must_use]
pub fn thread_cpu() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// KiB that are resident now; 0 where the system does not say.
#[must_use]
pub fn resident_kib() -> u64 {
    status("VmRSS:")
}

/// KiB that were resident at the worst moment; 0 where the system does not say.
#[must_use]
pub fn peak_kib() -> u64 {
    status("VmHWM:")
}

fn status(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|found| found.strip_prefix(line));
    found
        .and_then(|found| found.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_used_is_seen() {
        let (before, thread_before) = (cpu(), thread_cpu());
        let filled = std::hint::black_box(vec![1_u8; 16 << 20]);
        assert!(cpu() > before && thread_cpu() > thread_before);
        assert!(resident_kib() >= 16 << 10 && peak_kib() >= 16 << 10);
        drop(filled);
    }
}
