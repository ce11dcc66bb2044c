//! When to try again: exponential backoff with jitter, or what the backend asks for.

use std::time::Duration;

/// The times of one destination's retries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Shortest wait.
    pub(super) shortest: Duration,
    /// Longest wait that is not the backend's wish.
    pub(super) longest: Duration,
    /// How long one batch is tried.
    pub(super) give_up: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            shortest: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            give_up: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// The wait after `failures` failures in a row (1 or more) of a batch first tried `age` ago,
    /// `after` being what the backend asked for. `None`: give up.
    pub(super) fn wait(
        &self,
        failures: u32,
        after: Option<Duration>,
        age: Duration,
    ) -> Option<Duration> {
        let left = self
            .give_up
            .checked_sub(age)
            .filter(|left| !left.is_zero())?;
        let wait = match after {
            // A little more: all clients were told the same.
            Some(after) => after
                .clamp(self.shortest, self.give_up)
                .mul_f64(1.0 + 0.1 * fastrand::f64()),
            None => self.backoff(failures),
        };
        Some(wait.min(left))
    }

    /// Between half and all of `shortest` × 2, 4, 8, … and of `longest`.
    fn backoff(&self, failures: u32) -> Duration {
        let upper = self
            .shortest
            .saturating_mul(1 << failures.clamp(1, 16))
            .min(self.longest);
        upper
            .mul_f64(0.5 + 0.5 * fastrand::f64())
            .max(self.shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_grow_within_their_bounds() {
        let pace = Pace::default();
        for failures in 1..40 {
            let upper = SECOND
                .saturating_mul(1 << failures.min(5))
                .min(pace.longest);
            for _ in 0..50 {
                let wait = pace.wait(failures, None, Duration::ZERO).unwrap();
                assert!(
                    wait >= upper / 2 && wait >= SECOND && wait <= upper,
                    "{failures}: {wait:?}"
                );
            }
        }
    }

    #[test]
    fn what_the_backend_asks_for_is_kept_up_to_the_end_of_the_batch() {
        let pace = Pace::default();
        let wait = |after, age| pace.wait(1, Some(SECOND * after), SECOND * age);
        assert!((SECOND * 100..=SECOND * 110).contains(&wait(100, 0).unwrap()));
        assert_eq!(wait(100_000_000, 290), Some(SECOND * 10));
        assert!(wait(0, 0).unwrap() >= SECOND, "never in a loop");
        assert_eq!(wait(1, 300), None);
    }

    #[test]
    fn a_wish_without_bounds_is_no_overflow() {
        assert_eq!(
            Pace::default().wait(1, Some(Duration::MAX), Duration::ZERO),
            Some(SECOND * 300)
        );
    }
}
