//! A subscription: events as they happen, to one who asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::drift::Event;

/// Events that wait for one subscriber; more are dropped and counted.
const WAITING: usize = 1024;

/// Drift events as they happen: what [`LiveDetector::subscribe`](super::LiveDetector::subscribe)
/// gives. It ends when telemetry does, after the last event.
///
/// A subscriber that does not keep up loses the newest events once 1,024 wait; how many those
/// were it learns from [`lost`](Self::lost), and everybody from
/// [`health`](crate::health).
///
/// ```
/// # let _telemetry = telemetry_runtime::Telemetry::builder().no_file().init()?;
/// let events = telemetry_runtime::detector().subscribe();
/// std::thread::spawn(move || {
///     for event in events {
///         println!("{}: {}", event.severity, event.description);
///     }
/// });
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
#[derive(Debug)]
pub struct Subscription {
    events: Receiver<Event>,
    lost: Arc<AtomicU64>,
}

impl Subscription {
    /// The next event, waited for; `None` when telemetry has ended.
    #[must_use]
    pub fn recv(&self) -> Option<Event> {
        self.events.recv().ok()
    }

    /// The next event, waited for so long.
    #[must_use]
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok()
    }

    /// An event that waits.
    #[must_use]
    pub fn try_recv(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Events that found too many waiting.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

impl Iterator for Subscription {
    type Item = Event;

    /// Waits.
    fn next(&mut self) -> Option<Event> {
        self.recv()
    }
}

/// The other end.
#[derive(Debug)]
pub(super) struct Subscriber {
    events: SyncSender<Event>,
    lost: Arc<AtomicU64>,
}

/// How an event was received.
pub(super) enum Received {
    Taken,
    Lost,
    /// Nobody is there any more.
    Gone,
}

impl Subscriber {
    pub(super) fn tell(&self, event: &Event) -> Received {
        match self.events.try_send(event.clone()) {
            Ok(()) => Received::Taken,
            Err(TrySendError::Full(_)) => {
                self.lost.fetch_add(1, Relaxed);
                Received::Lost
            }
            Err(TrySendError::Disconnected(_)) => Received::Gone,
        }
    }
}

pub(super) fn pair() -> (Subscriber, Subscription) {
    let (sender, events) = sync_channel(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let subscriber = Subscriber {
        events: sender,
        lost: Arc::clone(&lost),
    };
    (subscriber, Subscription { events, lost })
}

/// One that has ended.
pub(super) fn ended() -> Subscription {
    pair().1
}
