//! All tools' numbers: the collector adds, readers take snapshots.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::aggregate::Aggregate;
use super::buckets::Buckets;
use super::snapshot::{Snapshot, ToolSnapshot};
use crate::call::{Outcome, Record, clock, clock::Anchor, tool};
use crate::statistics::ToolStatistics;

/// The buckets of the running telemetry, for threads that count for themselves.
static BUCKETS: RwLock<Option<Arc<Buckets>>> = RwLock::new(None);

/// By position of the tool.
#[derive(Debug)]
pub(crate) struct Metrics {
    buckets: Arc<Buckets>,
    started: u64,
    tools: Vec<Aggregate>,
    enabled: bool,
}

/// The numbers of calls whose records found no room, by tool.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    buckets: Option<Arc<Buckets>>,
    tools: HashMap<u32, Aggregate>,
}

impl Metrics {
    /// `bounds` in ms. Disabled ones stay empty.
    pub(crate) fn new(bounds: &[f64], enabled: bool) -> Self {
        let buckets = Arc::new(Buckets::new(bounds));
        *BUCKETS.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&buckets));
        Self {
            buckets,
            started: clock::unix_now(),
            tools: Vec::new(),
            enabled,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, record: &Record, nanos: u64, anchor: &Anchor) {
        if self.enabled {
            of(&mut self.tools, record.origin.tool.id).add(
                record,
                nanos,
                &self.buckets,
                Some(anchor),
            );
        }
    }

    pub(crate) fn merge(&mut self, apart: &Apart) {
        if self.enabled
            && apart
                .buckets
                .as_ref()
                .is_some_and(|theirs| theirs.bounds == self.buckets.bounds)
        {
            for (tool, aggregate) in &apart.tools {
                of(&mut self.tools, *tool).merge(aggregate);
            }
        }
    }

    /// `active`: running calls by position of the tool.
    pub(crate) fn snapshot(&self, active: &HashMap<u32, i64>) -> Snapshot {
        let none = Aggregate::default();
        let tools = tool::known(0).into_iter().filter_map(|tool| {
            let aggregate = self.tools.get(tool.id as usize).unwrap_or(&none);
            let calls = aggregate.count(|_| true);
            let active = active.get(&tool.id).copied().unwrap_or(0);
            if calls == 0 && active == 0 && !tool.is_enabled() {
                return None;
            }
            Some(ToolSnapshot {
                name: tool.name.into(),
                first_seen: tool.first_seen.max(self.started),
                calls,
                errors: aggregate.count(Outcome::is_error),
                errors_by_type: aggregate.errors_by_type(),
                slow: aggregate.slow,
                active,
                threshold_ms: tool.threshold_ms(),
                objective: tool.objective(),
                drift: None,
                durations: aggregate.histograms(),
            })
        });
        Snapshot {
            started: self.started,
            taken: clock::unix_now(),
            bounds: Arc::clone(&self.buckets.bounds),
            tools: tools.collect(),
        }
    }

    pub(crate) fn statistics(&self, active: &HashMap<u32, i64>) -> Vec<ToolStatistics> {
        let none = Aggregate::default();
        let statistics = tool::known(0).into_iter().filter_map(|tool| {
            let aggregate = self.tools.get(tool.id as usize).unwrap_or(&none);
            let active = active.get(&tool.id).copied().unwrap_or(0);
            aggregate.statistics(tool.name, active)
        });
        statistics.collect()
    }
}

#[inline]
fn of(tools: &mut Vec<Aggregate>, id: u32) -> &mut Aggregate {
    let id = id as usize;
    if id >= tools.len() {
        tools.resize_with(id + 1, Aggregate::default);
    }
    &mut tools[id]
}

impl Apart {
    /// Without exemplars, which would need the date.
    pub(crate) fn add(&mut self, record: &Record, nanos: u64) {
        if self.buckets.is_none() {
            self.buckets
                .clone_from(&BUCKETS.read().unwrap_or_else(PoisonError::into_inner));
        }
        if let Some(buckets) = &self.buckets {
            self.tools
                .entry(record.origin.tool.id)
                .or_default()
                .add(record, nanos, buckets, None);
        }
    }
}
