mod page;
mod server;

use crate::call::Objective;
use crate::metrics::{DriftNumbers, Exemplar, Histogram, Snapshot, ToolSnapshot};

pub(super) fn snapshot(names: &[&str]) -> Snapshot {
    Snapshot {
        started: 0,
        taken: 1,
        bounds: [0.5, 10.0].into(),
        tools: names.iter().map(|name| tool(name)).collect(),
    }
}

/// Five successes, two errors, of which the exemplar is a success.
pub(super) fn tool(name: &str) -> ToolSnapshot {
    let exemplar = Exemplar {
        value: 9.75,
        time: 1_700_000_000_123_456_789,
        trace_id: 42_u128.to_be_bytes(),
        span_id: 15_u64.to_be_bytes(),
    };
    let success = Histogram {
        count: 5,
        sum: 1030.25,
        min: 0.25,
        max: 1000.0,
        counts: vec![1, 3, 1],
        exemplars: vec![(1, exemplar)],
    };
    let error = Histogram {
        count: 2,
        sum: 8.0,
        min: 3.0,
        max: 5.0,
        counts: vec![0, 2, 0],
        exemplars: vec![],
    };
    ToolSnapshot {
        name: name.into(),
        first_seen: 0,
        calls: 7,
        errors: 2,
        errors_by_type: vec![("NotFound".into(), 2)],
        slow: 1,
        active: 3,
        threshold_ms: Some(250.0),
        objective: Objective::NONE,
        drift: Some(DriftNumbers {
            score: 0.5,
            events: vec![("performance", "high", 1)],
        }),
        durations: vec![("success", success), ("error", error)],
    }
}
