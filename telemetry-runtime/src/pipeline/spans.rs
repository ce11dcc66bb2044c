//! The collector's way to the spans' queues.

use std::sync::Arc;

use super::exports::Outlets;
use crate::collector::Sink;
use crate::config::Config;
use crate::trace::{Rules, Spans};

pub(crate) use crate::trace::SpanCounts as Counts;

/// `None` where spans go nowhere.
pub(crate) fn span_sink(config: &Config, outlets: &Outlets) -> Option<Box<dyn Sink>> {
    if outlets.traces.is_empty() {
        return None;
    }
    let traces = &config.traces;
    let rules = Rules {
        batch_max_spans: traces.batch_max_spans,
        batch_delay: traces.batch_delay,
        gen_ai: traces.gen_ai,
    };
    let queues = Arc::clone(&outlets.traces);
    let hand_on = move |batch| queues.push(&batch);
    Some(Box::new(Spans::new(
        &outlets.resource,
        rules,
        Arc::clone(&outlets.counts),
        hand_on,
    )))
}
