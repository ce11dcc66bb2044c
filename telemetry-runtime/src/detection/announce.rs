//! Events outwards: the log, a span, subscribers, callbacks.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::subscription::{self, Received, Subscriber, Subscription};
use super::tally::{Tally, add};
use crate::call::clock;
use crate::call::record::Event as SpanEvent;
use crate::call::tool::{Level, Tool};
use crate::drift::{Event, Severity, Status};
use crate::logs::{Note, WriteNote};
use crate::names::attribute::{
    DRIFT_BASELINE_VALUE, DRIFT_CURRENT_VALUE, DRIFT_DESCRIPTION, DRIFT_DEVIATION_PERCENT,
    DRIFT_EXAMPLE_TRACE_ID, DRIFT_MEASURE, DRIFT_STATUS, DRIFT_TYPE, SEVERITY, TOOL_NAME,
};
use crate::names::event;
use crate::notice::notice;
use crate::store::Keeper;
use crate::value::Value;

/// What the builder was told to call for each event.
pub(crate) type Callbacks = Vec<Box<dyn FnMut(&Event) + Send>>;

/// Tells of each event once. Its callers are not kept waiting.
pub(super) struct Announcer {
    /// `None` once telemetry has ended.
    subscribers: Mutex<Option<Vec<Subscriber>>>,
    /// Closed when the callbacks have had their last event.
    called: Mutex<Option<Receiver<()>>>,
    /// `None` where log records go nowhere.
    log: Mutex<Option<WriteNote>>,
    /// Where events outlive the process.
    keeper: OnceLock<Arc<Keeper>>,
    tally: Arc<Tally>,
}

impl Announcer {
    /// Callbacks run on a thread of their own: they may take their time.
    pub(super) fn start(
        callbacks: Callbacks,
        log: Option<WriteNote>,
        tally: &Arc<Tally>,
    ) -> std::io::Result<Self> {
        let mut announcer = Self {
            subscribers: Mutex::new(Some(Vec::new())),
            called: Mutex::default(),
            log: Mutex::new(log),
            keeper: OnceLock::new(),
            tally: Arc::clone(tally),
        };
        if !callbacks.is_empty() {
            let (running, called) = mpsc::channel();
            let (events, tally) = (announcer.subscribe(), Arc::clone(tally));
            std::thread::Builder::new()
                .name("telemetry-drift-callbacks".into())
                .spawn(move || {
                    call(callbacks, events, &tally);
                    drop(running);
                })?;
            announcer.called = Mutex::new(Some(called));
        }
        Ok(announcer)
    }

    pub(super) fn subscribe(&self) -> Subscription {
        match &mut *lock(&self.subscribers) {
            Some(subscribers) => {
                let (subscriber, subscription) = subscription::pair();
                subscribers.push(subscriber);
                subscription
            }
            None => subscription::ended(),
        }
    }

    /// From now on events are stored too.
    pub(super) fn keep(&self, keeper: Arc<Keeper>) {
        let _ = self.keeper.set(keeper);
    }

    pub(super) fn announce(&self, event: &Event, tool: Option<&'static Tool>) {
        let mut attributes = attributes(event);
        if let Some(log) = &mut *lock(&self.log) {
            let mut named = attributes.clone();
            named.push((TOOL_NAME.into(), event.tool_name.clone().into()));
            log(&Note {
                level: level(event),
                event_name: event::DRIFT,
                text: &event.description,
                attributes: &named,
            });
        }
        if let Some(tool) = tool {
            attributes.push((DRIFT_DESCRIPTION.into(), event.description.clone().into()));
            tool.leave_note(span_event(attributes));
        }
        if let Some(keeper) = self.keeper.get() {
            keeper.event(event.clone());
        }
        if let Some(subscribers) = &mut *lock(&self.subscribers) {
            subscribers.retain(|subscriber| match subscriber.tell(event) {
                Received::Taken => true,
                Received::Lost => {
                    add(&self.tally.notifications_dropped, 1);
                    true
                }
                Received::Gone => false,
            });
        }
    }

    /// There is nothing more to tell. `false` where callbacks are still busy at the deadline.
    pub(super) fn stop(&self, deadline: Instant) -> bool {
        *lock(&self.subscribers) = None;
        let called = lock(&self.called).take();
        called.is_none_or(|called| {
            let wait = deadline.saturating_duration_since(Instant::now());
            called.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected)
        })
    }
}

fn call(mut callbacks: Callbacks, events: Subscription, tally: &Tally) {
    for event in events {
        for callback in &mut callbacks {
            let panicked = catch_unwind(AssertUnwindSafe(|| callback(&event))).is_err();
            if panicked && tally.callback_panics.fetch_add(1, Relaxed) == 0 {
                notice(&format!(
                    "a callback of on_drift panicked at an event of {:?} (further panics are counted, not printed)",
                    event.tool_name
                ));
            }
        }
    }
}

/// The event as the tool's next span shows it: the spans that led to it are sent already.
fn span_event(attributes: Attributes) -> SpanEvent {
    SpanEvent {
        name: event::DRIFT.into(),
        at: clock::now(),
        attributes,
    }
}

type Attributes = Vec<(Cow<'static, str>, Value)>;

fn attributes(event: &Event) -> Attributes {
    let mut attributes: Attributes = [
        (DRIFT_TYPE, event.drift_type.as_str().into()),
        (SEVERITY, event.severity.as_str().into()),
        (DRIFT_STATUS, event.status.as_str().into()),
        (DRIFT_MEASURE, event.metadata.measure.as_str().into()),
        (DRIFT_BASELINE_VALUE, event.baseline_value.into()),
        (DRIFT_CURRENT_VALUE, event.current_value.into()),
        (DRIFT_DEVIATION_PERCENT, event.deviation_percent.into()),
    ]
    .map(|(key, value): (&'static str, Value)| (Cow::Borrowed(key), value))
    .into();
    if let Some(trace) = event.metadata.traces_after.last() {
        attributes.push((DRIFT_EXAMPLE_TRACE_ID.into(), trace.clone().into()));
    }
    attributes
}

/// A return is news, no trouble.
fn level(event: &Event) -> Level {
    match (event.status, event.severity) {
        (Status::Drifted, Severity::Medium) => Level::Warn,
        (Status::Drifted, Severity::High | Severity::Critical) => Level::Error,
        _ => Level::Info,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::drift::{DriftType, Measure, Metadata};

    const SOON: Duration = Duration::from_secs(60);

    fn event(number: u64) -> Event {
        Event {
            timestamp: SystemTime::UNIX_EPOCH,
            tool_name: "told".to_owned(),
            drift_type: DriftType::Performance,
            severity: Severity::High,
            status: Status::Drifted,
            baseline_value: 1.0,
            current_value: 1.4,
            deviation_percent: 40.0,
            description: format!("number {number}"),
            metadata: Metadata {
                measure: Measure::Median,
                before: None,
                after: None,
                since: None,
                since_interval: None,
                calls: number,
                sample: 0,
                sample_since: 0,
                traces_before: Vec::new(),
                traces_after: vec!["a".repeat(32)],
                caller: None,
                service_version: None,
                baseline_version: None,
                environment: None,
                score: 1.0,
                score_limit: 1.0,
            },
        }
    }

    fn announcer(callbacks: Callbacks) -> (Announcer, Arc<Tally>) {
        let tally = Arc::new(Tally::default());
        let announcer = Announcer::start(callbacks, None, &tally).unwrap();
        (announcer, tally)
    }

    #[test]
    fn a_slow_subscriber_loses_what_is_counted_and_disturbs_nobody() {
        const EVENTS: u64 = 1500;
        let (announcer, tally) = announcer(Vec::new());
        let (slow, quick) = (announcer.subscribe(), announcer.subscribe());
        drop(announcer.subscribe());
        for number in 0..EVENTS {
            announcer.announce(&event(number), None);
            let told = quick.try_recv().expect("it is there at once");
            assert_eq!(told.metadata.calls, number);
        }
        assert!(announcer.stop(Instant::now()));
        let taken: Vec<u64> = std::iter::from_fn(|| slow.recv())
            .map(|event| event.metadata.calls)
            .collect();
        let lost = EVENTS - taken.len() as u64;
        assert_eq!(taken, (0..taken.len() as u64).collect::<Vec<_>>());
        assert!(lost > 0);
        assert_eq!((slow.lost(), quick.lost()), (lost, 0));
        assert_eq!(tally.notifications_dropped.load(Relaxed), lost);
        assert!(quick.recv().is_none());
        assert!(announcer.subscribe().recv().is_none());
    }

    #[test]
    fn callbacks_have_had_every_event_when_telemetry_ends_and_their_panics_are_theirs() {
        let (to, told) = mpsc::channel();
        let callbacks: Callbacks = vec![
            Box::new(|event| assert!(event.metadata.calls % 2 == 0, "on purpose")),
            Box::new(move |event| {
                std::thread::sleep(Duration::from_millis(1));
                let _ = to.send(event.metadata.calls);
            }),
        ];
        let (announcer, tally) = announcer(callbacks);
        (0..20).for_each(|number| announcer.announce(&event(number), None));
        assert!(announcer.stop(Instant::now() + SOON));
        let told: Vec<u64> = told.try_iter().collect();
        assert_eq!(told, (0..20).collect::<Vec<_>>());
        assert_eq!(tally.callback_panics.load(Relaxed), 10);
    }

    #[test]
    fn a_callback_that_hangs_is_not_waited_for_beyond_the_deadline() {
        let (go, wait) = mpsc::channel::<()>();
        let callbacks: Callbacks = vec![Box::new(move |_| {
            let _ = wait.recv();
        })];
        let (announcer, _tally) = announcer(callbacks);
        announcer.announce(&event(0), None);
        assert!(!announcer.stop(Instant::now() + Duration::from_millis(20)));
        drop(go);
    }

    #[test]
    fn levels_go_by_severity_and_a_return_is_no_trouble() {
        let with = |status, severity| {
            level(&Event {
                status,
                severity,
                ..event(0)
            })
        };
        assert_eq!(
            [
                with(Status::Drifted, Severity::Low),
                with(Status::Drifted, Severity::Medium),
                with(Status::Drifted, Severity::High),
                with(Status::Drifted, Severity::Critical),
                with(Status::Recovered, Severity::Critical),
                with(Status::Accepted, Severity::High),
            ],
            [
                Level::Info,
                Level::Warn,
                Level::Error,
                Level::Error,
                Level::Info,
                Level::Info
            ]
        );
    }
}
