//! Which stored baseline a process starts from.

use std::collections::BTreeMap;

use super::StoredBaseline;
use crate::drift::Baseline;

/// From so many calls on a version's own baseline is enough: the one of the version before
/// is not asked any more.
const ENOUGH: u64 = 1000;

/// What one tool is compared with from its first call on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Start {
    /// The tool.
    pub tool: String,
    /// The version of the service whose baseline this mostly is.
    pub version: String,
    /// What is normal.
    pub baseline: Baseline,
}

/// What the tools of `version` start from: each its own baseline; where that is young, together
/// with the one of the version that was last active before. What was accepted stands alone.
///
/// `stored` is of one service in one environment.
#[must_use]
pub fn start_from(stored: Vec<StoredBaseline>, version: &str) -> Vec<Start> {
    let mut by_tool: BTreeMap<String, Vec<StoredBaseline>> = BTreeMap::new();
    for baseline in stored {
        let tool = baseline.key.tool.clone();
        by_tool.entry(tool).or_default().push(baseline);
    }
    let tools = by_tool.into_iter();
    tools
        .filter_map(|(tool, stored)| one(tool, stored, version))
        .collect()
}

fn one(tool: String, stored: Vec<StoredBaseline>, version: &str) -> Option<Start> {
    let (own, others): (Vec<_>, Vec<_>) = stored
        .into_iter()
        .partition(|stored| stored.key.version == version);
    let own = own.into_iter().next();
    let accepted = own.as_ref().is_some_and(|own| own.accepted.is_some());
    let own = own.and_then(|own| own.baseline);
    let is_enough = own.as_ref().is_some_and(|own| own.calls() >= ENOUGH);
    let before = others
        .into_iter()
        .max_by_key(|other| other.updated)
        .filter(|_| !accepted && !is_enough)
        .and_then(|before| Some((before.key.version, before.baseline?)));
    let (version, baseline) = match (own, before) {
        (Some(own), None) => (version.to_owned(), own),
        (None, Some(before)) => before,
        (Some(own), Some((version, mut before))) => {
            before.merge(&own);
            (version, before)
        }
        (None, None) => return None,
    };
    Some(Start {
        tool,
        version,
        baseline,
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::*;
    use crate::drift::{BaselineKey, Detector, DetectorConfig, Outcome};

    /// Of so many calls; of none where that is 0.
    fn stored(version: &str, calls: u64, updated: u64, accepted: bool) -> StoredBaseline {
        StoredBaseline {
            key: BaselineKey {
                service: "s".to_owned(),
                environment: "e".to_owned(),
                version: version.to_owned(),
                tool: "t".to_owned(),
            },
            baseline: (calls > 0).then(|| baseline(calls)),
            updated: at(updated),
            accepted: accepted.then(|| at(updated)),
        }
    }

    fn baseline(calls: u64) -> Baseline {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        for call in 0..calls {
            detector.observe("t", 1_000_000, Outcome::Success, at(call));
        }
        detector.export_baselines().pop().unwrap().1
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn start(stored: Vec<StoredBaseline>, version: &str) -> Option<(String, u64)> {
        let start = start_from(stored, version).pop()?;
        Some((start.version, start.baseline.calls()))
    }

    #[test]
    fn a_new_version_starts_from_the_one_that_was_last_active() {
        let stored = vec![stored("1", 2000, 10, false), stored("2", 3000, 20, false)];
        assert_eq!(start(stored, "3"), Some(("2".to_owned(), 3000)));
    }

    #[test]
    fn a_young_baseline_is_helped_out_and_an_old_one_is_not() {
        let with_own = |calls| {
            let stored = vec![stored("1", 2000, 10, false), stored("2", calls, 20, false)];
            start(stored, "2").unwrap()
        };
        assert_eq!(with_own(100), ("1".to_owned(), 2100));
        assert_eq!(with_own(1000), ("2".to_owned(), 1000));
    }

    #[test]
    fn what_was_accepted_stands_alone() {
        let with_own = |calls| {
            let stored = vec![stored("1", 2000, 10, false), stored("2", calls, 20, true)];
            start(stored, "2")
        };
        assert_eq!(with_own(100), Some(("2".to_owned(), 100)));
        assert_eq!(with_own(0), None, "it is learned anew");
    }
}
