//! The collector's thread, and what others may ask of it.

use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::drain::{LANES, Owner};
use super::left_out;
use super::long::Watch;
use super::sink::Sink;
use super::wake::{self, wake};
use crate::call::active::{Activity, each_async};
use crate::call::clock;
use crate::metrics::Metrics;

/// How long records wait while calls are made: to fall asleep and be woken takes as long as to hand on a
/// hundred of them. A ring that is full calls before.
const BUSY: Duration = Duration::from_millis(25);
/// The same while rings fill fast.
const HURRY: Duration = Duration::from_millis(10);
/// The same while no calls are made.
const IDLE: Duration = Duration::from_millis(50);
/// So long after the last call none are made.
const CALM: Duration = Duration::from_millis(100);

/// The thread that drains all rings.
pub(crate) struct Collector {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    metrics: Arc<Mutex<Metrics>>,
    requests: Mutex<Requests>,
}

#[derive(Default)]
struct Requests {
    waiting: Vec<Request>,
    /// The thread has ended, as it was asked to: there is nothing left to hand on.
    over: bool,
}

/// Answered when everything that was there has been handed on.
enum Request {
    /// To the sinks.
    Drain(SyncSender<()>),
    /// To the exporters' queues too.
    Flush(SyncSender<()>),
    /// And no more.
    Stop(SyncSender<()>),
}

impl Collector {
    /// Starts the thread. Calls of an earlier time are forgotten. Every call goes into the
    /// metrics, then to each sink in turn.
    pub(crate) fn start(metrics: Metrics, sinks: Vec<Box<dyn Sink>>) -> std::io::Result<Self> {
        let owner = lock(&LANES).take_over();
        left_out::restart();
        let metrics = Arc::new(Mutex::new(metrics));
        let mut all: Vec<Box<dyn Sink>> = vec![Box::new(Arc::clone(&metrics))];
        all.extend(sinks);
        let shared = Arc::new(Shared {
            metrics,
            requests: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("telemetry-collector".into())
            .spawn(move || theirs.run(owner, all))?;
        wake::set(Some(thread.thread().clone()));
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Everything called before is in the metrics; `false` where that took too long.
    pub(crate) fn drain(&self, deadline: Instant) -> bool {
        self.ask(Request::Drain, deadline)
    }

    /// Everything called before is in the exporters' queues.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.ask(Request::Flush, deadline)
    }

    /// Flushes and ends the thread.
    pub(crate) fn stop(&self, deadline: Instant) -> bool {
        let stopped = self.ask(Request::Stop, deadline);
        wake::set(None);
        if stopped && let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
        stopped
    }

    fn ask(&self, request: fn(SyncSender<()>) -> Request, deadline: Instant) -> bool {
        let (answer, answered) = mpsc::sync_channel(1);
        let mut requests = lock(&self.shared.requests);
        if requests.over {
            return true;
        }
        requests.waiting.push(request(answer));
        drop(requests);
        loop {
            wake();
            // Called again, in case the thread was about to fall asleep.
            let wait = deadline.saturating_duration_since(Instant::now()).min(IDLE);
            match answered.recv_timeout(wait) {
                Ok(()) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) if Instant::now() >= deadline => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// The numbers, with the calls that run by their tool's position.
    pub(crate) fn read<T>(&self, reader: impl FnOnce(&Metrics, &HashMap<u32, i64>) -> T) -> T {
        let active = self.shared.active();
        reader(&lock(&self.shared.metrics), &active)
    }
}

impl Shared {
    fn run(&self, owner: Owner, mut sinks: Vec<Box<dyn Sink>>) {
        let mut idle_since = Instant::now();
        let mut watch = Watch::new();
        loop {
            let requests = std::mem::take(&mut lock(&self.requests).waiting);
            let flush = requests
                .iter()
                .any(|request| !matches!(request, Request::Drain(_)));
            clock::measure();
            let drained = lock(&LANES).drain(owner, &mut sinks);
            watch.look(&mut sinks);
            sinks.iter_mut().for_each(|sink| sink.tick(flush));
            if self.answer(requests) {
                *lock(&self.requests) = Requests {
                    waiting: Vec::new(),
                    over: true,
                };
                return;
            }
            if drained.any {
                idle_since = Instant::now();
            }
            wake::wait(match drained.filling {
                true => HURRY,
                false if idle_since.elapsed() <= CALM => BUSY,
                false => IDLE,
            });
        }
    }

    /// Whether one of them says to stop.
    fn answer(&self, requests: Vec<Request>) -> bool {
        let mut stop = false;
        for request in requests {
            let (Request::Drain(answer) | Request::Flush(answer) | Request::Stop(answer)) =
                &request;
            // Whoever asked may have given up.
            let _ = answer.try_send(());
            stop |= matches!(request, Request::Stop(_));
        }
        stop
    }

    fn active(&self) -> HashMap<u32, i64> {
        let mut active: HashMap<u32, i64> = HashMap::new();
        let mut count = |activity: Activity| {
            if let Some(tool) = activity.tool() {
                *active.entry(tool).or_default() += 1;
            }
        };
        lock(&LANES).each_active(|_, activity| count(activity));
        each_async(|_, activity| count(activity));
        active
    }
}

/// Threads whose calls are collected.
pub(crate) fn threads() -> usize {
    lock(&LANES).threads()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
