//! Drift detection on the running telemetry.
//!
//! The collector's [`feed`] copies what the detector needs of each finished call into chunks; the
//! [`analyser`], a thread of its own, hands them to the detector and [announces](announce) its
//! events. The detector stays on that thread: whoever wants to know something
//! [asks](analyser::Link::ask) there, behind the calls that came before.

mod analyser;
mod announce;
mod examples;
mod feed;
mod kept;
mod live;
mod settings;
mod subscription;
mod tally;

pub use live::{LiveDetector, detector};
pub use subscription::Subscription;

pub(crate) use announce::Callbacks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::collector::Sink;
use crate::config::Config;
use crate::error::Error;
use crate::health::{DriftHealth, StoreHealth};
use crate::logs::WriteNote;
use crate::metrics::{DriftNumbers, Snapshot};
use analyser::{Analyser, Link};
use announce::Announcer;
use feed::Feed;
use kept::Kept;
use settings::Settings;
use tally::Tally;

/// How long metrics wait for the detector's numbers; without them they keep the last ones.
const PATIENCE: Duration = Duration::from_millis(200);

/// The detector of the running telemetry.
pub(crate) struct Detection {
    link: Arc<Link>,
    announcer: Arc<Announcer>,
    tally: Arc<Tally>,
    /// The analyser's, once drift was asked for.
    thread: Mutex<Option<JoinHandle<()>>>,
    kept: Kept,
    /// By tool, as the last reader of metrics got them.
    numbers: Mutex<HashMap<String, DriftNumbers>>,
}

impl Detection {
    /// Watches from now on where the configuration says so.
    pub(crate) fn start(
        config: &Config,
        callbacks: Callbacks,
        log: Option<WriteNote>,
    ) -> Result<Self, Error> {
        let tally = Arc::new(Tally::default());
        let announcer = Announcer::start(callbacks, log, &tally)
            .map_err(|why| Error::start("the thread of drift callbacks", why))?;
        let detection = Self {
            link: Arc::default(),
            announcer: Arc::new(announcer),
            tally,
            thread: Mutex::default(),
            kept: Kept::default(),
            numbers: Mutex::default(),
        };
        detection.configure(config)?;
        Ok(detection)
    }

    /// What the collector hands calls to.
    pub(crate) fn sinks(&self) -> Vec<Box<dyn Sink>> {
        let feed = Feed::new(Arc::clone(&self.link), Arc::clone(&self.tally));
        vec![Box::new(feed)]
    }

    /// From now on as this configuration says.
    pub(crate) fn configure(&self, config: &Config) -> Result<(), Error> {
        let settings = Settings::of(config);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*thread, config.drift.enabled) {
            (None, false) => {}
            (None, true) => {
                let analyser = Analyser::new(
                    settings,
                    Arc::clone(&self.announcer),
                    Arc::clone(&self.tally),
                )
                .map_err(|why| Error::start("drift detection", why))?;
                *thread = Some(
                    self.link
                        .start(analyser)
                        .map_err(|why| Error::start("the thread of drift detection", why))?,
                );
                self.kept.start(config, &self.link, &self.announcer)?;
            }
            (Some(_), watches) => {
                self.link.watch(watches);
                self.link.tell(move |analyser| analyser.configure(settings));
            }
        }
        Ok(())
    }

    /// Who is told of events.
    pub(crate) fn subscribe(&self) -> Subscription {
        self.announcer.subscribe()
    }

    /// Asks the detector, behind all that was handed to it before. `None` where it does not run, or
    /// does not answer in time.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        question: impl FnOnce(&mut Analyser) -> T + Send + 'static,
    ) -> Option<T> {
        self.link.ask(deadline, question)
    }

    /// Everything handed over is analysed and announced; `false` where that took too long.
    pub(crate) fn drain(&self, deadline: Instant) -> bool {
        !self.link.runs() || self.ask(deadline, |_| ()).is_some()
    }

    /// The same, and the store has been told.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.drain(deadline) && self.kept.flush(deadline)
    }

    /// The same for the last time: subscribers, callbacks and the store have all there was.
    pub(crate) fn stop(&self, deadline: Instant) -> bool {
        let analysed = self.drain(deadline);
        // For the last export of metrics.
        self.read_numbers(deadline);
        // It asks the analyser what was learned.
        let kept = self.kept.shutdown(deadline);
        self.link.stop();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if analysed && let Some(thread) = thread {
            let _ = thread.join();
        }
        self.announcer.stop(deadline) && analysed && kept
    }

    /// Adds what is known of drift to the tools' numbers.
    pub(crate) fn fill(&self, snapshot: &mut Snapshot) {
        self.read_numbers(Instant::now() + PATIENCE);
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        for tool in &mut snapshot.tools {
            tool.drift = numbers.get(&*tool.name).cloned();
        }
    }

    fn read_numbers(&self, deadline: Instant) {
        if let Some(new) = self.ask(deadline, |analyser| analyser.numbers()) {
            *self.numbers.lock().unwrap_or_else(PoisonError::into_inner) = new;
        }
    }

    pub(crate) fn health(&self) -> DriftHealth {
        self.tally.health(self.link.runs(), self.link.watches())
    }

    pub(crate) fn store_health(&self) -> Option<StoreHealth> {
        self.kept.health()
    }

    /// Forgets stored events, those of this service, of one tool or of all.
    pub(crate) fn clear_stored_events(&self, tool: Option<&str>) {
        self.kept.clear_events(tool);
    }
}
