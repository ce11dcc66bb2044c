//! The tools' counters as OpenTelemetry instruments, for users' own readers.
//!
//! There is no `tool.duration`: the SDK has no observable histogram.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::{AsyncInstrument, Meter, MeterProvider as _};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::metrics::{Instrument, MeterProviderBuilder, SdkMeterProvider, Stream};

use crate::metrics::{Snapshot, ToolSnapshot};
use crate::names::SCOPE;
use crate::names::attribute::{DRIFT_TYPE, ENVIRONMENT, ERROR_TYPE, SEVERITY, TOOL_NAME};
use crate::names::metric::{
    ACTIVE, CALLS, DRIFT_EVENTS, DRIFT_SCORE, ERRORS, ERRORS_BY_TYPE, OBJECTIVE_LATENCY_MS,
    OBJECTIVE_QUANTILE, OBJECTIVE_SUCCESS, SLOW, THRESHOLD_MS,
};

/// All that is observed here, which our own exporter leaves out: tools' metrics have a
/// way of their own, and would be sent twice.
pub(super) const NAMES: [&str; 11] = [
    CALLS,
    ERRORS,
    ERRORS_BY_TYPE,
    SLOW,
    ACTIVE,
    THRESHOLD_MS,
    OBJECTIVE_SUCCESS,
    OBJECTIVE_LATENCY_MS,
    OBJECTIVE_QUANTILE,
    DRIFT_SCORE,
    DRIFT_EVENTS,
];

/// Series of `tool.errors.by_type` and `tool.drift.events` allowed for each tool, on average.
const KINDS: usize = 4;

/// How long the instruments that are read after each other share one snapshot, at most.
const SNAPSHOT_SHARED: Duration = Duration::from_secs(1);

/// Where the tools' numbers come from.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) snapshot: Arc<dyn Fn() -> Snapshot + Send + Sync>,
    /// `environment`, an attribute of every series.
    pub(crate) environment: String,
    /// `max_tools`
    pub(crate) max_tools: usize,
}

/// Raises the SDK's 2,000 series an instrument to what there can be.
///
/// All views that match an instrument make a stream each, so a user's view may add to what
/// these instruments give (another name, fewer attributes) but cannot take the stream away.
pub(super) fn with_room(builder: MeterProviderBuilder, max_tools: usize) -> MeterProviderBuilder {
    builder.with_view(move |instrument: &Instrument| {
        if instrument.scope().name() != SCOPE {
            return None;
        }
        let tools = max_tools.saturating_add(1);
        let series = match instrument.name() {
            ERRORS_BY_TYPE | DRIFT_EVENTS => tools.saturating_mul(KINDS),
            name if NAMES.contains(&name) => tools,
            _ => return None,
        };
        // `usize::MAX` is refused, and a limit is room that is allocated.
        Stream::builder()
            .with_cardinality_limit(series.min(1 << 20))
            .build()
            .ok()
    })
}

/// Registers the instruments. They are read whenever one of the provider's readers collects.
pub(super) fn register(provider: &SdkMeterProvider, tools: &Tools) {
    let meter = provider.meter(SCOPE);
    let source = Arc::new(Source::new(tools));
    counter(&meter, &source, 0, |tool| tool.calls);
    counter(&meter, &source, 1, |tool| tool.errors);
    errors_by_type(&meter, &source);
    counter(&meter, &source, 3, |tool| tool.slow);
    active(&meter, &source);
    gauge(&meter, &source, 5, |tool| tool.threshold_ms);
    gauge(&meter, &source, 6, |tool| tool.objective.success);
    gauge(&meter, &source, 7, |tool| tool.objective.latency_ms);
    gauge(&meter, &source, 8, |tool| tool.objective.quantile);
    gauge(&meter, &source, 9, |tool| {
        tool.drift.as_ref().map(|drift| drift.score)
    });
    drift_events(&meter, &source);
}

/// `index` is that of [`NAMES`].
fn counter(meter: &Meter, source: &Arc<Source>, index: usize, value: fn(&ToolSnapshot) -> u64) {
    let source = Arc::clone(source);
    let observe = move |observer: &dyn AsyncInstrument<u64>| {
        for tool in &source.snapshot(index).tools {
            observer.observe(value(tool), &source.attributes(tool));
        }
    };
    meter
        .u64_observable_counter(NAMES[index])
        .with_callback(observe)
        .build();
}

fn errors_by_type(meter: &Meter, source: &Arc<Source>) {
    let source = Arc::clone(source);
    let observe = move |observer: &dyn AsyncInstrument<u64>| {
        for tool in &source.snapshot(2).tools {
            for (error_type, errors) in &tool.errors_by_type {
                let [name, environment] = source.attributes(tool);
                let error_type =
                    KeyValue::new(ERROR_TYPE, StringValue::from(Arc::clone(error_type)));
                observer.observe(*errors, &[name, environment, error_type]);
            }
        }
    };
    meter
        .u64_observable_counter(ERRORS_BY_TYPE)
        .with_callback(observe)
        .build();
}

fn active(meter: &Meter, source: &Arc<Source>) {
    let source = Arc::clone(source);
    let observe = move |observer: &dyn AsyncInstrument<i64>| {
        for tool in &source.snapshot(4).tools {
            observer.observe(tool.active, &source.attributes(tool));
        }
    };
    meter
        .i64_observable_up_down_counter(ACTIVE)
        .with_callback(observe)
        .build();
}

/// `index` is that of [`NAMES`].
fn gauge(
    meter: &Meter,
    source: &Arc<Source>,
    index: usize,
    value: fn(&ToolSnapshot) -> Option<f64>,
) {
    let source = Arc::clone(source);
    let observe = move |observer: &dyn AsyncInstrument<f64>| {
        for tool in &source.snapshot(index).tools {
            if let Some(value) = value(tool) {
                observer.observe(value, &source.attributes(tool));
            }
        }
    };
    meter
        .f64_observable_gauge(NAMES[index])
        .with_callback(observe)
        .build();
}

fn drift_events(meter: &Meter, source: &Arc<Source>) {
    let source = Arc::clone(source);
    let observe = move |observer: &dyn AsyncInstrument<u64>| {
        for tool in &source.snapshot(10).tools {
            for (kind, severity, events) in tool.drift.iter().flat_map(|drift| &drift.events) {
                let [name, environment] = source.attributes(tool);
                let kind = KeyValue::new(DRIFT_TYPE, *kind);
                let severity = KeyValue::new(SEVERITY, *severity);
                observer.observe(*events, &[name, environment, kind, severity]);
            }
        }
    };
    meter
        .u64_observable_counter(DRIFT_EVENTS)
        .with_callback(observe)
        .build();
}

/// One snapshot for all instruments of a collection: taking one is not free, and calls and
/// errors of the same moment belong together.
pub(super) struct Source {
    tools: Tools,
    environment: KeyValue,
    shared: Mutex<Option<Shared>>,
}

struct Shared {
    snapshot: Arc<Snapshot>,
    taken: Instant,
    /// Which of [`NAMES`] have had it. The SDK tells nobody when a collection starts, but
    /// who asks again must be in another one.
    served: [bool; NAMES.len()],
}

impl Source {
    pub(super) fn new(tools: &Tools) -> Self {
        Self {
            environment: KeyValue::new(ENVIRONMENT, tools.environment.clone()),
            tools: tools.clone(),
            shared: Mutex::new(None),
        }
    }

    pub(super) fn snapshot(&self, index: usize) -> Arc<Snapshot> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.take_if(|shared| shared.served[index] || shared.taken.elapsed() > SNAPSHOT_SHARED);
        let current = shared.get_or_insert_with(|| Shared {
            snapshot: Arc::new((self.tools.snapshot)()),
            taken: Instant::now(),
            served: [false; NAMES.len()],
        });
        current.served[index] = true;
        let snapshot = Arc::clone(&current.snapshot);
        // It may be some megabytes, until the next collection.
        shared.take_if(|shared| shared.served.iter().all(|served| *served));
        snapshot
    }

    fn attributes(&self, tool: &ToolSnapshot) -> [KeyValue; 2] {
        let name = KeyValue::new(TOOL_NAME, StringValue::from(Arc::clone(&tool.name)));
        [name, self.environment.clone()]
    }
}
