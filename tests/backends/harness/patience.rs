//! Waiting for what happens in another process.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything here takes, so that a busy machine fails no test.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until the answer is `Ok`. After a minute it panics with the last `Err`.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(why) if Instant::now() > end => panic!("{what}: not within {DEADLINE:?}: {why}"),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
