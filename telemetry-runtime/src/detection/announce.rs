//! Events outwards: the log, a span, subscribers, callbacks.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::subscription::{self, Received, Subscriber, Subscription};
use super::tally::{Tally, add};
use crate::call::clock;
use crate::call::record::Event as SpanEvent;
use crate::call::tool::Tool;
use crate::drift::Event;
use crate::names::attribute::{
    DRIFT_BASELINE_VALUE, DRIFT_CURRENT_VALUE, DRIFT_DESCRIPTION, DRIFT_DEVIATION_PERCENT,
    DRIFT_MEASURE, DRIFT_STATUS, DRIFT_TYPE, SEVERITY,
};
use crate::names::event;
use crate::notice::notice;
use crate::value::Value;

/// What the builder was told to call for each event.
pub(crate) type Callbacks = Vec<Box<dyn FnMut(&Event) + Send>>;

/// Tells of each event once. Its callers are not kept waiting.
pub(super) struct Announcer {
    /// `None` once telemetry has ended.
    subscribers: Mutex<Option<Vec<Subscriber>>>,
    /// Closed when the callbacks have had their last event.
    called: Mutex<Option<Receiver<()>>>,
    tally: Arc<Tally>,
}

impl Announcer {
    /// Callbacks run on a thread of their own: they may take their time.
    pub(super) fn start(callbacks: Callbacks, tally: &Arc<Tally>) -> std::io::Result<Self> {
        let mut announcer = Self {
            subscribers: Mutex::new(Some(Vec::new())),
            called: Mutex::default(),
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

    pub(super) fn announce(&self, event: &Event, tool: Option<&'static Tool>) {
        if let Some(tool) = tool {
            tool.leave_note(span_event(event));
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
            if catch_unwind(AssertUnwindSafe(|| callback(&event))).is_err() {
                add(&tally.callback_panics, 1);
                notice(&format!(
                    "a callback of on_drift panicked at an event of {:?}",
                    event.tool_name
                ));
            }
        }
    }
}

/// The event as the tool's next span shows it: the spans that led to it are sent already.
fn span_event(event: &Event) -> SpanEvent {
    let attributes: [(&'static str, Value); 8] = [
        (DRIFT_TYPE, event.drift_type.as_str().into()),
        (SEVERITY, event.severity.as_str().into()),
        (DRIFT_STATUS, event.status.as_str().into()),
        (DRIFT_MEASURE, event.metadata.measure.as_str().into()),
        (DRIFT_BASELINE_VALUE, event.baseline_value.into()),
        (DRIFT_CURRENT_VALUE, event.current_value.into()),
        (DRIFT_DEVIATION_PERCENT, event.deviation_percent.into()),
        (DRIFT_DESCRIPTION, event.description.clone().into()),
    ];
    SpanEvent {
        name: event::DRIFT.into(),
        at: clock::now(),
        attributes: attributes
            .into_iter()
            .map(|(key, value)| (Cow::Borrowed(key), value))
            .collect(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
