//! The thread that owns the detector, and the way to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::announce::Announcer;
use super::examples::Examples;
use super::feed::{Call, Counted, WAITING};
use super::settings::Settings;
use super::tally::{Tally, add};
use crate::TraceId;
use crate::call::{self, record::Ids, tool};
use crate::drift::{ConfigError, Detector, Event, Filter, Outcome, Sample, ToolKey};
use crate::metrics::DriftNumbers;

/// How often the detector hears of the time where no calls come.
const TICK: Duration = Duration::from_secs(1);

/// What the analyser is sent; it takes one after the other.
pub(super) enum Message {
    Calls(Vec<Call>),
    Counted(Counted),
    Tell(Box<dyn FnOnce(&mut Analyser) + Send>),
}

/// The way to the analyser's thread.
#[derive(Default)]
pub(super) struct Link {
    /// Calls are to be watched: `false` too before the thread is there.
    watches: AtomicBool,
    /// Chunks that the analyser has not taken in.
    waiting: AtomicUsize,
    /// `None` before the thread has started and after it was told to stop.
    to: RwLock<Option<Sender<Message>>>,
    /// Chunks that were taken in, to be filled again.
    spare: Mutex<Vec<Vec<Call>>>,
}

impl Link {
    pub(super) fn start(self: &Arc<Self>, analyser: Analyser) -> std::io::Result<JoinHandle<()>> {
        let (sender, messages) = mpsc::channel();
        let theirs = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("telemetry-drift".into())
            .spawn(move || analyser.run(&messages, &theirs))?;
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        self.watch(true);
        Ok(thread)
    }

    /// Messages are sent, and nobody takes them in.
    #[cfg(test)]
    pub(super) fn for_a_test(&self) -> Receiver<Message> {
        let (sender, messages) = mpsc::channel();
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        self.watch(true);
        messages
    }

    /// Takes no more messages: the thread ends behind those it has.
    pub(super) fn stop(&self) {
        self.watch(false);
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn watch(&self, watches: bool) {
        self.watches.store(watches, Relaxed);
    }

    pub(super) fn watches(&self) -> bool {
        self.watches.load(Relaxed)
    }

    /// There is a thread to be asked.
    pub(super) fn runs(&self) -> bool {
        let to = self.to.read().unwrap_or_else(PoisonError::into_inner);
        to.is_some()
    }

    /// Another chunk may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.load(Relaxed) < WAITING
    }

    /// An empty chunk.
    pub(super) fn chunk(&self, capacity: usize) -> Vec<Call> {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        spare.unwrap_or_else(|| Vec::with_capacity(capacity))
    }

    /// `false` where nobody takes it.
    pub(super) fn send(&self, message: Message) -> bool {
        let is_chunk = !matches!(message, Message::Tell(_));
        if is_chunk {
            self.waiting.fetch_add(1, Relaxed);
        }
        let to = self.to.read().unwrap_or_else(PoisonError::into_inner);
        let sent = to.as_ref().is_some_and(|to| to.send(message).is_ok());
        if is_chunk && !sent {
            self.taken(None);
        }
        sent
    }

    pub(super) fn tell(&self, what: impl FnOnce(&mut Analyser) + Send + 'static) -> bool {
        self.send(Message::Tell(Box::new(what)))
    }

    pub(super) fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        question: impl FnOnce(&mut Analyser) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let asked = self.tell(move |analyser| {
            // Whoever asked may have given up.
            let _ = answer.try_send(question(analyser));
        });
        let wait = deadline.saturating_duration_since(Instant::now());
        asked.then(|| answered.recv_timeout(wait).ok()).flatten()
    }

    /// A chunk was taken in.
    fn taken(&self, chunk: Option<Vec<Call>>) {
        self.waiting.fetch_sub(1, Relaxed);
        if let Some(mut chunk) = chunk {
            chunk.clear();
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            spare.push(chunk);
        }
    }
}

/// Nobody waits for a thread that is gone, whatever it died of.
struct WhileItRuns<'a>(&'a Link);

impl Drop for WhileItRuns<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The detector with what it needs to know of this process.
pub(crate) struct Analyser {
    pub(super) detector: Detector,
    settings: Settings,
    /// By position of the tool.
    tools: Vec<Known>,
    /// Events so far, by tool, as metrics count them.
    events: HashMap<String, Vec<(&'static str, &'static str, u64)>>,
    announcer: Arc<Announcer>,
    tally: Arc<Tally>,
    /// Where `traces_keep` asks for them.
    examples: Option<Examples>,
    /// When all tools were looked at.
    ticked: Instant,
}

/// A tool of this process.
#[derive(Clone, Copy)]
struct Known {
    tool: &'static tool::Tool,
    /// From its first call on.
    key: Option<ToolKey>,
}

impl Analyser {
    pub(super) fn new(
        settings: Settings,
        announcer: Arc<Announcer>,
        tally: Arc<Tally>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            detector: Detector::new(settings.detector.clone())?,
            examples: settings.keeps_examples.then(Examples::default),
            settings,
            tools: Vec::new(),
            events: HashMap::new(),
            announcer,
            tally,
            ticked: Instant::now(),
        })
    }

    fn run(mut self, messages: &Receiver<Message>, link: &Link) {
        let _running = WhileItRuns(link);
        loop {
            match messages.recv_timeout(TICK) {
                Ok(message) => self.take(message, link),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.tick();
            self.announce();
        }
    }

    /// Looks at all tools: not with each chunk, since they may be many.
    fn tick(&mut self) {
        // Calls that are not watched are no calls that stay away.
        if self.settings.watches && self.ticked.elapsed() >= TICK {
            self.ticked = Instant::now();
            self.detector.advance(SystemTime::now());
            self.count_tools();
            if let Some(examples) = &mut self.examples {
                examples.tick(self.ticked, &self.detector);
            }
        }
    }

    fn count_tools(&self) {
        let tools = self.detector.tools().count() as u64;
        self.tally.tools.store(tools, Relaxed);
        let evicted = self.detector.counters().evicted;
        self.tally.tools_evicted.store(evicted, Relaxed);
    }

    fn take(&mut self, message: Message, link: &Link) {
        match message {
            Message::Calls(calls) => {
                self.calls(&calls);
                link.taken(Some(calls));
            }
            Message::Counted(counted) => {
                self.counted(counted);
                link.taken(None);
            }
            Message::Tell(what) => {
                // So that whoever asks hears of what the calls before have led to.
                self.announce();
                what(self);
            }
        }
    }

    fn calls(&mut self, calls: &[Call]) {
        add(&self.tally.calls, calls.len() as u64);
        for call in calls {
            // Its end goes beside it: to make a date of it and read that takes longer than the sample.
            let sample = Sample::new(call.nanos, outcome(call.outcome), UNIX_EPOCH)
                .called_by(self.caller(call))
                .in_trace((call.trace != [0; 2]).then(|| TraceId::new(Ids::bytes_of(call.trace))));
            let known = match self.tools.get(call.tool as usize) {
                Some(Known { key, .. }) if key.is_some() => *key,
                _ => self.key(call.tool),
            };
            if known.is_some_and(|key| !self.detector.record_at(key, &sample, call.end)) {
                // It was let go for others, and is back.
                self.tools[call.tool as usize].key = None;
                if let Some(key) = self.key(call.tool) {
                    self.detector.record_at(key, &sample, call.end);
                }
            }
        }
    }

    fn counted(&mut self, counted: Counted) {
        let now = SystemTime::now();
        for (position, calls) in counted {
            let Some(known) = self.known(position).filter(|known| known.tool.is_watched()) else {
                continue;
            };
            add(&self.tally.calls, calls.calls());
            self.key(position);
            let of = |outcome: call::Outcome| calls.ended[outcome as usize];
            let successes = calls.successes.durations();
            self.detector.observe_counts(
                known.tool.name,
                successes.map(|(nanos, count)| (nanos, u32::try_from(count).unwrap_or(u32::MAX))),
                of(call::Outcome::Error) + of(call::Outcome::Panic),
                of(call::Outcome::Cancelled),
                now,
            );
        }
    }

    fn known(&mut self, position: u32) -> Option<Known> {
        let position = position as usize;
        if position >= self.tools.len() {
            let new = tool::known(self.tools.len()).into_iter();
            self.tools.extend(new.map(|tool| Known { tool, key: None }));
        }
        self.tools.get(position).copied()
    }

    /// The detector's key of a tool, which it hears of here for the first time.
    fn key(&mut self, position: u32) -> Option<ToolKey> {
        let known = self.known(position)?;
        if known.key.is_none() {
            let name = known.tool.name;
            self.apply(name);
            self.tools[position as usize].key = Some(self.detector.key(name));
            self.count_tools();
        }
        self.tools[position as usize].key
    }

    /// Only callers that are watched themselves are told apart: others would take their places.
    fn caller(&self, call: &Call) -> Option<ToolKey> {
        let position = call.caller?.get() - 1;
        self.tools.get(position as usize)?.key
    }

    fn apply(&mut self, name: &str) {
        // The configuration's ranges are the detector's.
        let _ = self.detector.configure(name, self.settings.tool(name));
    }

    /// From now on by these settings. After a pause the baselines are as they were, but what the
    /// detector was in the middle of is over.
    pub(super) fn configure(&mut self, settings: Settings) {
        if settings.watches && !self.settings.watches {
            self.begin_anew(&settings);
        } else {
            let _ = self.detector.set_config(settings.detector.clone());
        }
        self.examples = settings.keeps_examples.then(Examples::default);
        if let Some(examples) = &mut self.examples {
            let tools = self.tools.iter();
            tools.for_each(|known| examples.look_at(known.tool, &self.detector));
        }
        self.settings = settings;
        let names: Vec<String> = self.detector.tools().map(str::to_owned).collect();
        for name in names {
            self.apply(&name);
        }
    }

    fn begin_anew(&mut self, settings: &Settings) {
        let Ok(mut new) = Detector::new(settings.detector.clone()) else {
            return;
        };
        let version = settings.detector.service_version.as_deref();
        new.import_baselines(version, self.detector.export_baselines());
        let mut events = self.detector.report(&Filter::default());
        events.reverse();
        new.import_events(events);
        self.detector = new;
        self.tools.iter_mut().for_each(|known| known.key = None);
    }

    /// Tells the world of what was found.
    pub(super) fn announce(&mut self) {
        for event in self.detector.drain_events() {
            self.count(&event);
            let tool = self
                .tools
                .iter()
                .find(|known| known.tool.name == event.tool_name);
            if let (Some(examples), Some(known)) = (&mut self.examples, tool) {
                examples.look_at(known.tool, &self.detector);
            }
            self.announcer
                .announce(&event, tool.map(|known| known.tool));
        }
    }

    fn count(&mut self, event: &Event) {
        add(&self.tally.events, 1);
        let (kind, severity) = (event.drift_type.as_str(), event.severity.as_str());
        let counts = self.events.entry(event.tool_name.clone()).or_default();
        match counts
            .iter_mut()
            .find(|(k, s, _)| (*k, *s) == (kind, severity))
        {
            Some((.., count)) => *count += 1,
            None => counts.push((kind, severity, 1)),
        }
    }

    /// What metrics say of each tool.
    pub(super) fn numbers(&self) -> HashMap<String, DriftNumbers> {
        let mut numbers: HashMap<String, DriftNumbers> = self
            .detector
            .tools()
            .map(|name| {
                let numbers = DriftNumbers {
                    // Nothing speaks for a change of what is not known yet.
                    score: self.detector.score(name).unwrap_or(0.0),
                    events: Vec::new(),
                };
                (name.to_owned(), numbers)
            })
            .collect();
        for (name, events) in &self.events {
            let numbers = numbers.entry(name.clone()).or_default();
            numbers.events.clone_from(events);
        }
        numbers
    }
}

fn outcome(outcome: call::Outcome) -> Outcome {
    match outcome {
        call::Outcome::Success => Outcome::Success,
        call::Outcome::Error | call::Outcome::Panic => Outcome::Error,
        call::Outcome::Cancelled => Outcome::Cancelled,
    }
}
