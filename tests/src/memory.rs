//! Memory of this process, as Linux counts it.

/// KiB that are resident now; `None` on other systems.
#[must_use]
pub fn resident() -> Option<u64> {
    status("VmRSS:")
}

/// KiB that were resident at the worst moment; `None` on other systems.
#[must_use]
pub fn peak() -> Option<u64> {
    status("VmHWM:")
}

fn status(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let found = status.lines().find_map(|found| found.strip_prefix(line))?;
    found.trim().strip_suffix(" kB")?.parse().ok()
}
