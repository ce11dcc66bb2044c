//! Examples: calls of tools that have drifted, sent although they were not sampled
//! (`traces_keep: [drifting]`).

use std::time::{Duration, Instant};

use crate::call::tool::Tool;
use crate::drift::Detector;

/// Calls of a tool that are sent in each [`ROUND`] while it has drifted: enough to see what it does
/// now, and no second load where its sampling rate was chosen for its many calls.
const MOST: u32 = 100;
const ROUND: Duration = Duration::from_secs(60);

/// The tools that have drifted. When it goes, nothing is wanted of any.
#[derive(Default)]
pub(super) struct Examples {
    tools: Vec<&'static Tool>,
    asked: Option<Instant>,
}

impl Examples {
    /// Looks whether the tool has drifted, or is back.
    pub(super) fn look_at(&mut self, tool: &'static Tool, detector: &Detector) {
        let known = self.tools.iter().position(|known| known.id == tool.id);
        match (known, detector.is_drifting(tool.name)) {
            (None, true) => {
                tool.want_examples(MOST);
                self.tools.push(tool);
            }
            (Some(place), false) => {
                tool.want_examples(0);
                self.tools.swap_remove(place);
            }
            _ => {}
        }
    }

    /// Time has gone on.
    pub(super) fn tick(&mut self, now: Instant, detector: &Detector) {
        // A detector may have let one go, or begun anew.
        for tool in self.tools.clone() {
            self.look_at(tool, detector);
        }
        let asked = *self.asked.get_or_insert(now);
        if now.saturating_duration_since(asked) >= ROUND {
            self.asked = Some(now);
            self.tools.iter().for_each(|tool| tool.want_examples(MOST));
        }
    }
}

impl Drop for Examples {
    fn drop(&mut self) {
        self.tools.iter().for_each(|tool| tool.want_examples(0));
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::call::tool;
    use crate::drift::{DetectorConfig, Outcome, Sample};

    fn feed(detector: &mut Detector, name: &str, calls: std::ops::Range<u64>, nanos: u64) {
        let key = detector.key(name);
        let mut random = fastrand::Rng::with_seed(calls.start);
        for call in calls {
            let at = SystemTime::UNIX_EPOCH
                + Duration::from_secs(1_700_000_000)
                + Duration::from_millis(10 * call);
            let nanos = nanos + random.u64(..nanos / 4);
            detector.record(key, &Sample::new(nanos, Outcome::Success, at));
        }
    }

    fn taken(tool: &Tool) -> usize {
        (0..1_000).filter(|_| tool.takes_example()).count()
    }

    #[test]
    fn they_are_wanted_while_a_tool_has_drifted() {
        let name = "examples_of_drift";
        let tool = tool::named(name).tool;
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let mut examples = Examples::default();
        let now = Instant::now();
        let mut seen = |detector: &Detector, seconds: u64| {
            examples.look_at(tool, detector);
            examples.tick(now + Duration::from_secs(seconds), detector);
            taken(tool)
        };
        feed(&mut detector, name, 0..2_000, 1_000_000);
        assert_eq!(seen(&detector, 0), 0, "nothing has changed");
        feed(&mut detector, name, 2_000..3_000, 2_000_000);
        assert!(detector.is_drifting(name));
        assert_eq!(seen(&detector, 1), MOST as usize);
        assert_eq!(seen(&detector, 59), 0, "those of this minute are taken");
        assert_eq!(seen(&detector, 61), MOST as usize);
        feed(&mut detector, name, 3_000..5_000, 1_000_000);
        assert!(!detector.is_drifting(name));
        assert_eq!(seen(&detector, 200), 0, "it is back");
        feed(&mut detector, name, 5_000..6_000, 2_000_000);
        examples.look_at(tool, &detector);
        drop(examples);
        assert_eq!(taken(tool), 0, "nobody wants any");
    }
}
