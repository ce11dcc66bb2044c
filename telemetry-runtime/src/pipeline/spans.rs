//! The collector's way to the spans' queues.

use std::sync::Arc;

use super::queues::Queues;
use crate::collector::SpanSink;
use crate::config::Config;
use crate::otlp::Resource;
use crate::trace::{Rules, Spans};

pub(crate) use crate::trace::SpanCounts as Counts;

pub(crate) fn span_sink(
    config: &Config,
    resource: &Resource,
    counts: &Arc<Counts>,
    queues: &Arc<Queues>,
) -> Box<dyn SpanSink> {
    let traces = &config.traces;
    let rules = Rules {
        batch_max_spans: traces.batch_max_spans,
        batch_delay: traces.batch_delay,
        gen_ai: traces.gen_ai,
    };
    let queues = Arc::clone(queues);
    Box::new(Spans::new(
        resource,
        rules,
        Arc::clone(counts),
        move |batch| queues.push(&batch),
    ))
}
